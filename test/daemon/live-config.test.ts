import t from 'tap';
import { silentLog } from '../../src/base/index.ts';
import type { Composed } from '../../src/daemon/compose.ts';
import { createLiveConfig, type Loaded } from '../../src/daemon/live-config.ts';
import { createWarnings } from '../../src/daemon/warnings.ts';
import { defaultConfig } from '../../src/foundation/config/index.ts';

/** The daemon's configuration over a file whose readings the test answers. */
function make() {
  const readings: PromiseWithResolvers<Loaded>[] = [];
  const parts = {
    tokens: { prepare: async () => () => {} },
    repos: { syncFromConfig: async () => [] },
    store: { write: async () => null },
    runs: { tick: () => {} },
    hooks: { configure: async () => {} },
  } as unknown as Composed;
  const warnings = createWarnings();
  const live = createLiveConfig({
    loaded: { config: defaultConfig(), path: null },
    load: () => {
      const reading = Promise.withResolvers<Loaded>();
      readings.push(reading);
      return reading.promise;
    },
    startedAt: 0,
    daemonLog: {
      log: silentLog,
      apply: () => {},
      dropped: () => 0,
      isFailing: () => false,
      close: () => {},
    },
    warnings,
    parts: () => parts,
  });
  return { live, readings, warnings };
}

const file = (runs: number): Loaded => ({
  config: { ...defaultConfig(), max_parallel_runs: runs },
  path: '/daemon.toml',
});

t.test('of two reloads at a time the later one begins when the other has ended', async (t) => {
  const { live, readings } = make();

  const first = live.reload();
  const second = live.reload();
  await new Promise(setImmediate);
  t.equal(readings.length, 1, 'the file is read once for now');
  readings[0]?.resolve(file(3));
  await first;
  t.equal(live.config().max_parallel_runs, 3);
  await new Promise(setImmediate);
  readings[1]?.resolve(file(5));
  await second;

  t.equal(live.config().max_parallel_runs, 5);
  t.equal(live.path(), '/daemon.toml');
});

t.test('a reload that fails keeps what there was, says so, and lets the next one in', async (t) => {
  const { live, readings, warnings } = make();
  const failed = live.reload();
  const next = live.reload();
  await new Promise(setImmediate);
  readings[0]?.reject(new Error('no such key\nmore'));

  await t.rejects(failed, { message: /no such key/ });
  t.match(warnings.list(), [/not reloaded: no such key; `drover daemon reload` says all/]);
  t.match(live.figures(), { isLastGood: false, failures: 1 });
  await new Promise(setImmediate);
  readings[1]?.resolve(file(4));
  await next;
  t.same(warnings.list(), []);
  t.match(live.figures(), { isLastGood: true, failures: 1 });
  t.equal(live.config().max_parallel_runs, 4);
});
