import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { AgentConfig } from '../../src/contract/index.ts';
import {
  chooseAgent,
  defaultAgent,
  demoAgentScript,
  findProgram,
  listAgents,
  missingPresets,
  programVersion,
} from '../../src/domain/agents/index.ts';

const demoCommand = ['node', 'demo.js'];
const own = (command: string, runtime: 'acp' | 'command' | 'terminal' = 'acp'): AgentConfig => ({
  runtime,
  command: [command],
  env: { KEY: 'v' },
  approval_mode: 'yolo',
});
const which =
  (...programs: string[]) =>
  (program: string) =>
    programs.includes(program) ? `/bin/${program}` : null;
const list = (configured: Record<string, AgentConfig>, ...programs: string[]) =>
  listAgents({ configured, which: which(...programs), demoCommand });

void t.test('programs that are found become agents, in the order of preference', async (t) => {
  const agents = list({}, 'goose', 'gemini', 'opencode', 'codex', 'codex-acp', 'claude', 'claude-agent-acp');

  t.strictSame(
    agents.map((agent) => [agent.name, agent.runtime, agent.command.join(' ')]),
    [
      ['claude', 'claude', '/bin/claude'],
      ['codex', 'codex', '/bin/codex'],
      ['opencode', 'acp', '/bin/opencode acp'],
      ['gemini', 'acp', '/bin/gemini --acp'],
      ['goose', 'acp', '/bin/goose acp'],
      ['claude-acp', 'acp', '/bin/claude-agent-acp'],
      ['codex-acp', 'acp', '/bin/codex-acp'],
      ['codex-exec', 'codex', '/bin/codex exec'],
      ['demo', 'acp', 'node demo.js'],
      ['command', 'command', ''],
      ['terminal', 'terminal', ''],
    ],
  );
  t.ok(agents.every((agent) => agent.approvalMode === 'ask'));
});

void t.test('a bridge to ACP takes the place of a command line that is not there', async (t) => {
  const [first, second] = list({}, 'claude-code-acp', 'codex-acp');

  t.match(first, { name: 'claude', runtime: 'acp', command: ['/bin/claude-code-acp'] });
  t.match(second, { name: 'codex', runtime: 'acp', command: ['/bin/codex-acp'] });
});

void t.test('an agent that is not installed is said to be, with what to install', async (t) => {
  t.throws(() => chooseAgent(list({}, 'qwen'), { name: 'claude', defaultName: '' }), {
    code: 'agent_unknown',
    message: /'claude' is not installed/,
    hint: 'install it: npm install --global @anthropic-ai/claude-code; this machine has qwen, demo, command',
  });
  t.throws(() => chooseAgent(list({}), { name: 'goose', defaultName: '' }), {
    code: 'agent_unknown',
    hint: /^install goose;/,
  });
});

void t.test('its version is told by the package it lies in, or by the name of its file', async (t) => {
  const folder = t.testdir({
    lib: {
      agent: { 'package.json': '{"version":"2.1.3"}', bin: { cli: '' } },
      broken: { 'package.json': '{' },
    },
    versions: { '3.4.5': '' },
    bin: {
      cli: t.fixture('symlink', '../lib/agent/bin/cli'),
      other: t.fixture('symlink', '../versions/3.4.5'),
    },
  });

  t.equal(programVersion(join(folder, 'bin/cli')), '2.1.3');
  t.equal(programVersion(join(folder, 'bin/other')), '3.4.5');
  t.equal(programVersion(join(folder, 'missing')), null);
  const versionOf = () => '9.9.9';
  const agents = listAgents({ configured: {}, which: which('claude'), versionOf, demoCommand });
  t.equal(agents[0]?.version, '9.9.9');
  t.throws(() => chooseAgent(agents, { name: 'gpt', defaultName: '' }), {
    code: 'agent_unknown',
    hint: 'this machine has claude 9.9.9, demo, command, terminal',
  });
});

void t.test('the configuration wins over what is found, and keeps its name’s rank', async (t) => {
  const agents = list({ mine: own('mine'), gemini: own('my-gemini') }, 'gemini', 'qwen');

  t.strictSame(
    agents.map((agent) => agent.name),
    ['gemini', 'qwen', 'mine', 'demo', 'command', 'terminal'],
  );
  t.match(agents[0], {
    source: 'config',
    command: ['my-gemini'],
    env: { KEY: 'v' },
    approvalMode: 'unrestricted',
  });
  t.match(
    list({ demo: own('other') }).find((agent) => agent.name === 'demo'),
    { command: ['other'] },
  );
});

void t.test(
  'without a name the first agent with a model is taken, never the demo, never a command',
  async (t) => {
    const nobody = { name: null, defaultName: '' };

    t.equal(chooseAgent(list({}, 'qwen'), nobody).name, 'qwen');
    t.equal(chooseAgent(list({ lint: own('lint', 'command'), mine: own('mine') }), nobody).name, 'mine');
    t.equal(chooseAgent(list({}, 'qwen'), { name: null, defaultName: 'demo' }).name, 'demo');
    t.equal(chooseAgent(list({}, 'qwen'), { name: 'demo', defaultName: 'qwen' }).name, 'demo');
    const tools = { lint: own('lint', 'command'), edit: own('vi', 'terminal') };
    t.throws(() => chooseAgent(list(tools), nobody), {
      code: 'no_agent',
      hint: /install/,
    });
    t.throws(() => chooseAgent(list({}), { name: 'gpt', defaultName: '' }), {
      code: 'agent_unknown',
      message: "No agent is called 'gpt'",
      hint: 'this machine has demo, command, terminal',
    });
    t.throws(() => chooseAgent(list({}), { name: '__proto__', defaultName: '' }), { code: 'agent_unknown' });
  },
);

void t.test('the default is the agent that a run without a name gets', async (t) => {
  t.equal(defaultAgent(list({}, 'qwen', 'codex'), ''), 'codex');
  t.equal(defaultAgent(list({}, 'qwen', 'codex'), 'qwen'), 'qwen');
  t.equal(defaultAgent(list({}, 'codex'), 'qwen'), null, 'such a run is refused');
  t.equal(defaultAgent(list({}), ''), null);
});

void t.test('what is not installed is told once, with how to install it', async (t) => {
  const missing = missingPresets(list({ goose: own('goose') }, 'claude-agent-acp'));
  const names = missing.map(({ name }) => name);

  t.equal(new Set(names).size, names.length);
  for (const here of ['claude', 'claude-acp', 'goose']) t.notOk(names.includes(here), here);
  t.match(
    missing.find(({ name }) => name === 'codex'),
    { program: 'codex', install: 'npm install --global @openai/codex' },
  );
});

void t.test(
  'of an agent of the configuration the version is told too, where its program is found',
  async (t) => {
    const configured = { mine: own('mine'), lost: own('lost') };
    const versionOf = (path: string) => (path === '/bin/mine' ? '1.2.3' : null);
    const agents = listAgents({ configured, which: which('mine'), versionOf, demoCommand });

    t.equal(agents.find(({ name }) => name === 'mine')?.version, '1.2.3');
    t.equal(agents.find(({ name }) => name === 'lost')?.version, null);
  },
);

void t.test('a program is found as a shell finds it, but not through a relative PATH', async (t) => {
  const folder = t.testdir({ a: { tool: '', plain: '' }, b: { tool: '' } });
  mkdirSync(join(folder, 'a/folder'));
  for (const path of ['a/tool', 'b/tool']) chmodSync(join(folder, path), 0o755);
  const path = `.:${folder}/missing:${folder}/a:${folder}/b`;

  t.equal(findProgram('tool', path), join(folder, 'a/tool'));
  t.equal(findProgram('folder', path), null);
  t.equal(findProgram('nosuch', path), null);
  t.equal(findProgram(join(folder, 'b/tool'), ''), join(folder, 'b/tool'));
  t.equal(findProgram('package.json', '.'), null);
});

void t.test('the demo agent is where the sources, or the bundle, have it', async (t) => {
  t.ok(existsSync(demoAgentScript()));
  t.equal(demoAgentScript('file:///opt/drover/dist/chunk-1.js'), '/opt/drover/dist/demo-agent.mjs');
});
