import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { AgentConfig } from '../../src/contract/index.ts';
import { chooseAgent, demoAgentScript, findProgram, listAgents } from '../../src/domain/agents/index.ts';

const demoCommand = ['node', 'demo.js'];
const own = (command: string, runtime: 'acp' | 'command' = 'acp'): AgentConfig => ({
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
  const agents = list({}, 'goose', 'gemini', 'opencode', 'codex-acp', 'claude-agent-acp', 'claude-code-acp');

  t.strictSame(
    agents.map((agent) => [agent.name, agent.command.join(' ')]),
    [
      ['claude', '/bin/claude-agent-acp'],
      ['codex', '/bin/codex-acp'],
      ['opencode', '/bin/opencode acp'],
      ['gemini', '/bin/gemini --acp'],
      ['goose', '/bin/goose acp'],
      ['demo', 'node demo.js'],
      ['command', ''],
    ],
  );
  t.ok(agents.every((agent) => agent.approvalMode === 'ask'));
});

void t.test('the configuration wins over what is found, and keeps its name’s rank', async (t) => {
  const agents = list({ mine: own('mine'), gemini: own('my-gemini') }, 'gemini', 'qwen');

  t.strictSame(
    agents.map((agent) => agent.name),
    ['gemini', 'qwen', 'mine', 'demo', 'command'],
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
    t.throws(() => chooseAgent(list({ lint: own('lint', 'command') }), nobody), {
      code: 'no_agent',
      hint: /install/,
    });
    t.throws(() => chooseAgent(list({}), { name: 'gpt', defaultName: '' }), {
      code: 'agent_unknown',
      message: "No agent is called 'gpt'",
      hint: 'this machine has demo, command',
    });
    t.throws(() => chooseAgent(list({}), { name: '__proto__', defaultName: '' }), { code: 'agent_unknown' });
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
