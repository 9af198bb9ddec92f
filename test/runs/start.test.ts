import { join } from 'node:path';
import t from 'tap';
import { systemClock as clock, createBus, silentLog } from '../../src/base/index.ts';
import { newId } from '../../src/contract/index.ts';
import { startRun } from '../../src/domain/runs/live/start.ts';
import type { EngineDeps, FolderState } from '../../src/domain/runs/ports.ts';
import { insertRun, openStore } from '../../src/foundation/store/index.ts';

t.test('a launcher that takes its time to claim is waited for, not joined by others', async (t) => {
  const store = openStore({ path: join(t.testdir(), 'drover.db'), clock, bus: createBus() });
  t.teardown(store.close);
  const key = await store.write((tx) =>
    insertRun(tx, {
      id: newId('run', tx.now),
      status: 'starting',
      agent: 'command',
      runtime: 'command',
      argv: ['true'],
      agentEnv: {},
      approvalMode: 'ask',
      timeoutMs: 0,
      prompt: 'true',
      inPlace: false,
      createdAt: tx.now,
    }),
  );
  let launches = 0;
  let looks = 0;
  const states: FolderState['kind'][] = [
    'unclaimed',
    'unclaimed',
    'unclaimed',
    'unclaimed',
    'claimed',
    'ended',
  ];
  const deps = {
    store,
    clock,
    log: silentLog,
    launch: {
      isPrepared: async () => true,
      inspect: async () => ({ kind: states[looks++], exitCode: 0, signal: null, pid: 1 }) as FolderState,
      launch: async () => {
        launches += 1;
        return { launchedBy: 'session' };
      },
    },
  } as unknown as EngineDeps;

  const started = await startRun(deps, key, new AbortController().signal);

  t.strictSame(started, { kind: 'started' });
  t.equal(looks, states.length);
  t.equal(launches, 1);
});
