import t from 'tap';
import {
  configKeys,
  defaultConfig,
  diffConfig,
  liveConfig,
  parseConfig,
} from '../../src/foundation/config/index.ts';

const parse = (source: string) => parseConfig(source, '/daemon.toml');

t.test('equal configurations have no difference', async (t) => {
  t.same(diffConfig(defaultConfig(), parse('max_parallel_runs = 4')), { applied: [], needsRestart: [] });
});

t.test('changed keys are told apart by when they take effect', async (t) => {
  const before = parse('[agents.a]\nruntime="acp"\ncommand=["a"]\n[agents.b]\nruntime="acp"\ncommand=["b"]');
  const after = parse(
    'repos=["/x"]\naddr="127.0.0.1:1"\nauth={mode="none"}\nlog={level="debug"}\n' +
      '[agents.b]\nruntime="acp"\ncommand=["B"]\n[agents.c]\nruntime="acp"\ncommand=["c"]',
  );

  t.same(diffConfig(before, after), {
    applied: ['repos', 'log.level', 'agents.a', 'agents.b', 'agents.c'],
    needsRestart: ['addr', 'auth.mode'],
  });
});

t.test(
  'what runs on keeps the keys that need a restart, so that the next reload names them again',
  async (t) => {
    const before = defaultConfig();
    const after = parse('addr="127.0.0.1:1"\n[log]\nlevel="debug"\n[auth]\nmode="none"');

    const live = liveConfig(before, after);

    t.equal(live.addr, '');
    t.equal(live.auth.mode, 'bearer');
    t.equal(live.log.level, 'debug');
    t.equal(after.addr, '127.0.0.1:1', 'the input is not changed');
    t.same(diffConfig(live, after), { applied: [], needsRestart: ['addr', 'auth.mode'] });
  },
);

t.test('every key of the schema says what it is and when it takes effect', async (t) => {
  const keys = configKeys();

  t.ok(keys.length >= 19, `${keys.length} keys`);
  for (const { path, scope, description, defaultValue } of keys) {
    t.match(scope, /^(live|restart)$/, path.join('.'));
    t.ok(description.length > 10, path.join('.'));
    // A role that is not named is the agent of a run that names none.
    t.equal(defaultValue === undefined, path[0] === 'roles', path.join('.'));
  }
});
