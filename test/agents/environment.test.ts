import t from 'tap';
import { agentEnvironment, trustVariables } from '../../src/domain/agents/index.ts';

const user = { username: 'ada', homedir: '/home/ada', shell: '/bin/zsh' };
const run = {
  runId: 'run_1',
  runToken: 'secret',
  profile: 'default',
  socket: '/run/drover.sock',
  stateRoot: '/state',
  ports: { base: 20_010, count: 10 },
};
const environment = (daemonEnv: Record<string, string | undefined>, agentEnv: Record<string, string> = {}) =>
  agentEnvironment({ daemonEnv, user, agentEnv, ...run });

void t.test('an agent gets its account, locale, folders, proxies and the keys of its provider', async (t) => {
  const given = {
    ...{
      HOME: '/h',
      PATH: '/p',
      USER: 'u',
      LOGNAME: 'u',
      SHELL: '/bin/sh',
      TMPDIR: '/t',
      SSH_AUTH_SOCK: '/s',
    },
    ...{ LANG: 'de_DE.UTF-8', LC_TIME: 'C', XDG_CONFIG_HOME: '/c', XDG_RUNTIME_DIR: '/r' },
    ...{ HTTPS_PROXY: 'p', no_proxy: 'n', SSL_CERT_FILE: '/ca' },
    ...{
      ANTHROPIC_API_KEY: 'a',
      OPENAI_BASE_URL: 'o',
      GEMINI_API_KEY: 'g',
      GOOSE_MODEL: 'm',
      AWS_REGION: 'e',
    },
  };
  t.match(environment(given), given);
});

void t.test('what is the daemon’s own business, or opens more than a model, stays behind', async (t) => {
  const kept = [
    ...['LISTEN_FDS', 'LISTEN_PID', 'NOTIFY_SOCKET', 'WATCHDOG_USEC', 'JOURNAL_STREAM', 'DROVER_TOKEN'],
    ...[
      'DROVER_TOKEN_FILE',
      'DROVER_CONFIG',
      'INVOCATION_ID',
      'GITHUB_TOKEN',
      'GH_TOKEN',
      'AWS_SECRET_ACCESS_KEY',
    ],
    ...[
      'NODE_OPTIONS',
      'LD_PRELOAD',
      'GIT_DIR',
      'GIT_INDEX_FILE',
      'CLAUDECODE',
      'CLAUDE_CODE_ENTRYPOINT',
      'SOME_TOKEN',
    ],
  ];
  const env = environment(Object.fromEntries(kept.map((name) => [name, 'x'])));

  for (const name of kept) t.notOk(name in env, name);
});

void t.test('what a service manager left out is filled in', async (t) => {
  t.match(environment({ USER: '', HOME: undefined }), {
    ...{ HOME: '/home/ada', USER: 'ada', LOGNAME: 'ada', SHELL: '/bin/zsh', LANG: 'C.UTF-8', TERM: 'dumb' },
    PATH: '/usr/local/bin:/usr/bin:/bin',
  });
  t.equal(environment({ TERM: 'xterm', LC_ALL: 'C' }).TERM, 'dumb');
  t.notOk('LANG' in environment({ LC_ALL: 'C' }));
});

void t.test('the agent’s own settings win, except over what drover itself says', async (t) => {
  const env = environment(
    { PATH: '/p', ANTHROPIC_API_KEY: 'daemon' },
    {
      ANTHROPIC_API_KEY: 'agent',
      GH_TOKEN: 'wanted',
      DROVER_RUN_TOKEN: 'forged',
      NOTIFY_SOCKET: '/n',
      DROVER_TOKEN: 'x',
    },
  );

  t.match(env, { ANTHROPIC_API_KEY: 'agent', GH_TOKEN: 'wanted', PATH: '/p' });
  t.match(env, {
    ...{ DROVER_RUN_ID: 'run_1', DROVER_RUN_TOKEN: 'secret', DROVER_PROFILE: 'default' },
    ...{ DROVER_SOCKET: '/run/drover.sock', DROVER_STATE_ROOT: '/state' },
  });
  t.notOk('NOTIFY_SOCKET' in env || 'DROVER_TOKEN' in env);
});

void t.test('programs that can be told whether a folder is trusted are told', async (t) => {
  t.strictSame(trustVariables(['/usr/bin/opencode', 'acp'], false), { OPENCODE_DISABLE_PROJECT_CONFIG: '1' });
  t.strictSame(trustVariables(['opencode'], true), {});
  t.strictSame(trustVariables(['gemini', '--acp'], true), { GEMINI_CLI_TRUST_WORKSPACE: 'true' });
  t.strictSame(trustVariables(['gemini', '--acp'], false), { GEMINI_CLI_TRUST_WORKSPACE: 'false' });
  t.strictSame(trustVariables(['constructor'], false), {});
  t.strictSame(trustVariables([], false), {});
});
