import t from 'tap';
import { createServices, type ServicesDeps } from '../../src/daemon/services/index.ts';
import { unusedPrompts, withPlans } from '../../src/daemon/services/status.ts';
import { aRepo } from '../support/resources.ts';

const busy = aRepo({ id: 'repo_busy', project: 'busy' });
const idle = aRepo({ id: 'repo_idle', project: 'idle', active_plans: 9, plans_blocked: 9 });
const figures = new Map([['repo_busy', { active: 3, blocked: 2, waiting: 1 }]]);

t.test('a repository is told with its plans; one without any has none', async (t) => {
  t.match(
    withPlans([busy, idle], () => figures),
    [
      { project: 'busy', active_plans: 3, plans_blocked: 2, plans_waiting: 1 },
      { project: 'idle', active_plans: 0, plans_blocked: 0, plans_waiting: 0 },
    ],
  );
});

t.test('of a repository that is trusted, the prompts are told that nobody is told', async (t) => {
  const lists = { copy: [], setup: [], verify: [], prompts: [], unused: ['codr.md is not used'] };
  const own_config = { ...lists, roles: {}, settings: {}, problem: null };

  t.same(unusedPrompts([idle, { ...busy, trusted: true, own_config }]), ['Of busy, codr.md is not used']);
  t.same(unusedPrompts([{ ...busy, trusted: false, own_config }]), []);
});

t.test('whoever asks for a repository is told so', async (t) => {
  const services = createServices({
    phase: () => 'ready',
    planCounts: () => figures,
    repos: {
      list: async () => ({ items: [busy, idle], next_cursor: null }),
      show: async () => busy,
      update: async () => busy,
    },
    runs: {},
    tokens: {},
    workers: {},
    paths: { stateRoot: '/state', logs: '/state/logs' },
  } as unknown as ServicesDeps);
  const told = { active_plans: 3, plans_blocked: 2, plans_waiting: 1 };

  t.match((await services.repos.list({ limit: 0, cursor: undefined })).items[0], told);
  t.match((await services.repos.list({ limit: 0, cursor: undefined, path: '/srv' })).items[0], told);
  t.match(await services.repos.show('busy'), told);
  t.match(await services.repos.update('busy', {}), told);
});
