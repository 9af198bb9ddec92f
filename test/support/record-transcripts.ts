/**
 * Records what the real agents say, for test/agents/transcripts: `node test/support/record-transcripts.ts [NAME…]`.
 * Run it when a version in agent-clis.ts changes, and read the difference. Folders become /work, menus are left out.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adapterOfRun, presets } from '../../src/domain/agents/index.ts';
import { type AgentCli, installAgentCli } from './agent-clis.ts';
import { agentEnvironmentFor, prepareAgentHome } from './agent-home.ts';
import { runAgentSession, type SessionOptions } from './agent-session.ts';
import { startModelServer, type Turn } from './model-server/index.ts';

type Scenario = {
  readonly agent: AgentCli;
  /** The preset that it is started as, where that has another name. */
  readonly preset?: string;
  readonly turns: readonly Turn[];
  readonly request?: Partial<SessionOptions['request']>;
} & Partial<Pick<SessionOptions, 'onApproval' | 'stopWhen'>>;

const question = {
  question: 'Which colour?',
  header: 'Colour',
  multiSelect: false,
  options: [
    { label: 'Red', description: 'warm' },
    { label: 'Blue', description: 'cold' },
  ],
};
const patch = "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: a.txt\n+größer 🚀\n*** End Patch\nEOF";
const allDay: Readonly<Record<string, string>> = {
  'anthropic-ratelimit-unified-status': 'rejected',
  'anthropic-ratelimit-unified-reset': '1900000000',
  'anthropic-ratelimit-unified-representative-claim': 'five_hour',
  'x-should-retry': 'false',
};
const hasSaid: SessionOptions['stopWhen'] = (effects) =>
  effects.some((effect) => effect.kind === 'event' && effect.event.type === 'message.delta');

const scenarios: Readonly<Record<string, Scenario>> = {
  'claude-edit': {
    agent: 'claude',
    turns: [
      { kind: 'write', path: 'a.txt', content: 'größer 🚀' },
      { kind: 'shell', command: 'touch b.txt' },
      { kind: 'tool', name: 'AskUserQuestion', input: { questions: [question] } },
      { kind: 'text', text: 'All done — größer 🚀', thought: 'Hm', pieces: 2 },
    ],
    onApproval: ({ kind, tool }) => {
      if (kind === 'question') return { decision: 'answer', optionId: 'Blue' };
      return tool === 'Bash' ? { decision: 'deny', text: 'Not that' } : {};
    },
  },
  'claude-interrupted': {
    agent: 'claude',
    turns: [{ kind: 'hang', text: 'Let me think' }],
    stopWhen: hasSaid,
  },
  'claude-limited': {
    agent: 'claude',
    turns: [{ kind: 'error', status: 429, message: 'Limit reached', headers: allDay }],
  },
  'claude-overloaded': {
    agent: 'claude',
    turns: [
      { kind: 'error', status: 529, message: 'Overloaded' },
      { kind: 'text', text: 'Back again' },
    ],
  },
  'codex-edit': {
    agent: 'codex',
    turns: [
      { kind: 'shell', command: patch },
      { kind: 'shell', command: 'touch b.txt' },
      { kind: 'text', text: 'All done — größer 🚀', thought: 'Hm', pieces: 2 },
    ],
    onApproval: ({ tool }) => (tool === 'shell' ? { decision: 'deny' } : {}),
  },
  'codex-interrupted': {
    agent: 'codex',
    turns: [{ kind: 'hang', text: 'Let me think' }],
    stopWhen: hasSaid,
  },
  'codex-exec-edit': {
    agent: 'codex',
    preset: 'codex-exec',
    turns: [
      { kind: 'shell', command: patch },
      { kind: 'shell', command: 'touch b.txt; exit 3' },
      { kind: 'text', text: 'All done — größer 🚀', thought: 'Hm', pieces: 2 },
    ],
    request: { approvalMode: 'auto' },
  },
  'codex-exec-limited': {
    agent: 'codex',
    preset: 'codex-exec',
    turns: [{ kind: 'error', status: 429, message: 'Limit reached' }],
    request: { approvalMode: 'auto' },
  },
  'codex-limited': {
    agent: 'codex',
    turns: [{ kind: 'error', status: 429, message: 'Limit reached' }],
  },
  'codex-lost-session': {
    agent: 'codex',
    turns: [],
    request: { sessionId: '0199a213-81c0-7800-8aa1-bbab2a035a53' },
  },
  'gemini-edit': {
    agent: 'gemini',
    turns: [
      { kind: 'write', path: 'a.txt', content: 'größer 🚀' },
      { kind: 'shell', command: 'touch b.txt' },
      { kind: 'text', text: 'All done — größer 🚀', thought: 'Hm', pieces: 2 },
    ],
    onApproval: ({ tool }) => (tool === 'execute' ? { decision: 'deny' } : {}),
  },
  'opencode-edit': {
    agent: 'opencode',
    turns: [
      { kind: 'write', path: 'a.txt', content: 'größer 🚀' },
      { kind: 'text', text: 'All done — größer 🚀', thought: 'Hm', pieces: 2 },
    ],
    onApproval: () => ({}),
  },
  'claude-lost-session': {
    agent: 'claude',
    turns: [],
    request: { sessionId: '11111111-1111-4111-8111-111111111111' },
  },
};

/** Keys whose values are long lists that say nothing of a run. */
const menus =
  /^(tools|slash_commands|terminal_slash_commands|skills|agents|plugins|mcp_servers|commands|models|signature|availableCommands|availableModels|configOptions)$/;

function trim(line: string, root: string): string {
  const text = line.replaceAll(root, '').replaceAll(`/private${root}`, '');
  const lean = (key: string, value: unknown) => (menus.test(key) && Array.isArray(value) ? [] : value);
  return JSON.stringify(JSON.parse(text), lean);
}

for (const [name, scenario] of Object.entries(scenarios)) {
  const wanted = process.argv.slice(2);
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const cli = await installAgentCli(scenario.agent);
  if (cli.kind === 'missing') throw new Error(cli.reason);
  const preset = presets.find(({ name }) => name === (scenario.preset ?? scenario.agent));
  if (preset === undefined) throw new Error(`No preset is called ${scenario.agent}`);
  const root = mkdtempSync(join(tmpdir(), 'drover-record-'));
  const cwd = join(root, 'work');
  mkdirSync(cwd);
  execFileSync('git', ['init', '--quiet', cwd]);
  const model = await startModelServer(...scenario.turns);
  try {
    prepareAgentHome(join(root, 'home'), model.url);
    const session = await runAgentSession({
      deadlineMs: 180_000,
      ...scenario,
      adapter: adapterOfRun({ runtime: preset.runtime, argv: preset.args }),
      command: [cli.program, ...preset.args],
      env: agentEnvironmentFor(join(root, 'home'), model.url),
      request: {
        runId: 'run_01',
        prompt: 'Do it',
        cwd,
        isTrusted: true,
        approvalMode: 'ask',
        model: null,
        maxTurns: null,
        maxCostUsd: null,
        maxTokens: null,
        sessionId: null,
        usedBefore: { input: 0, output: 0 },
        ...scenario.request,
      },
    });
    const lines = session.lines.filter((line) => line.startsWith('{')).map((line) => `${trim(line, root)}\n`);
    writeFileSync(new URL(`../agents/transcripts/${name}.jsonl`, import.meta.url), lines.join(''));
    process.stdout.write(`${name}: ${lines.length} lines, ${JSON.stringify(session.outcome)}\n`);
  } finally {
    await model.close();
    rmSync(root, { recursive: true, force: true });
  }
}
