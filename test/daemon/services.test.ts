import t from 'tap';
import { createServices, type ServicesDeps, type StatusDeps } from '../../src/daemon/services/index.ts';

t.test('what changes a run is asked to come again while nobody is there to carry it out', async (t) => {
  const reached: string[] = [];
  const reach = (name: string) => async () => {
    reached.push(name);
  };
  let phase: ReturnType<StatusDeps['phase']> = 'starting';
  const services = createServices({
    phase: () => phase,
    repos: {},
    tokens: {},
    workers: {},
    paths: { stateRoot: '/state', logs: '/state/logs' },
    runs: {
      start: reach('start'),
      retry: reach('retry'),
      cancel: reach('cancel'),
      send: reach('send'),
      resolve: reach('resolve'),
    },
  } as unknown as ServicesDeps);
  const changes: (() => Promise<unknown>)[] = [
    () => services.runs.start({ prompt: 'x' }, null),
    () => services.runs.retry('run_x', {}, null),
    () => services.runs.cancel('run_x', 'admin'),
    () => services.runs.send('run_x', 'x', null),
    () => services.approvals.resolve('apr_x', { decision: 'allow' }, 'admin'),
  ];

  for (phase of ['starting', 'draining'] as const)
    for (const change of changes) await t.rejects(change, { code: 'draining' }, phase);
  t.strictSame(reached, []);
  phase = 'ready';
  for (const change of changes) await change();

  t.strictSame(reached, ['start', 'retry', 'cancel', 'send', 'resolve']);
});
