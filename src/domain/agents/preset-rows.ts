import type { Runtime } from '../../contract/index.ts';

/** A program that is an agent of this name when it is found on PATH. */
export type Preset = {
  readonly name: string;
  readonly runtime: Runtime;
  readonly program: string;
  readonly args: readonly string[];
  /** How to get it. */
  readonly install: string | null;
};

const npm = (name: string) => `npm install --global ${name}`;
const acp = (
  name: string,
  program: string,
  args: readonly string[] = [],
  install: string | null = null,
): Preset => ({
  name,
  runtime: 'acp',
  program,
  args,
  install,
});
const claudeBridge = '@agentclientprotocol/claude-agent-acp';
const codexBridge = '@agentclientprotocol/codex-acp';

/**
 * Agents that are looked for, in order of preference (contract §10.7). Claude Code and Codex are spoken with in their own
 * protocols, which say more than their bridges to ACP; those serve where nothing else is there, and by names of their
 * own. So does `codex exec`, for runs that nobody is asked about. The rest speak ACP themselves. Where a name stands twice, the first program found is it.
 */
export const presets: readonly Preset[] = [
  {
    name: 'claude',
    runtime: 'claude',
    program: 'claude',
    args: [],
    install: npm('@anthropic-ai/claude-code'),
  },
  acp('claude', 'claude-agent-acp'),
  acp('claude', 'claude-code-acp'),
  { name: 'codex', runtime: 'codex', program: 'codex', args: [], install: npm('@openai/codex') },
  acp('codex', 'codex-acp'),
  acp('opencode', 'opencode', ['acp'], npm('opencode-ai')),
  acp('gemini', 'gemini', ['--acp'], npm('@google/gemini-cli')),
  acp('goose', 'goose', ['acp']),
  acp('copilot', 'copilot', ['--acp'], npm('@github/copilot')),
  acp('qwen', 'qwen', ['--acp'], npm('@qwen-code/qwen-code')),
  acp('cursor', 'cursor-agent', ['acp']),
  acp('kimi', 'kimi', ['acp']),
  acp('auggie', 'auggie', ['--acp']),
  acp('codebuddy', 'codebuddy', ['--acp']),
  acp('droid', 'droid', ['exec', '--output-format', 'acp']),
  acp('grok', 'grok', ['agent', 'stdio']),
  acp('trae', 'traecli', ['acp', 'serve']),
  acp('claude-acp', 'claude-agent-acp', [], npm(claudeBridge)),
  acp('claude-acp', 'claude-code-acp'),
  acp('codex-acp', 'codex-acp', [], npm(codexBridge)),
  {
    name: 'codex-exec',
    runtime: 'codex',
    program: 'codex',
    args: ['exec'],
    install: npm('@openai/codex'),
  },
];
