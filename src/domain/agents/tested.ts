import { basename } from 'node:path';
import type { Runtime } from '../../contract/index.ts';

/** A package of npm in the version whose program was driven through the cases of test/agents-real. */
type Tested = {
  readonly program: string;
  readonly runtime: Runtime;
  readonly package: string;
  readonly version: string;
};

/** What drover is tested with. docs/agents.md tells the same, how often, and what some of them do not do. */
export const tested: readonly Tested[] = [
  { program: 'claude', runtime: 'claude', package: '@anthropic-ai/claude-code', version: '2.1.329' },
  { program: 'codex', runtime: 'codex', package: '@openai/codex', version: '0.169.0' },
  { program: 'gemini', runtime: 'acp', package: '@google/gemini-cli', version: '0.61.0' },
  { program: 'qwen', runtime: 'acp', package: '@qwen-code/qwen-code', version: '0.24.4' },
  { program: 'copilot', runtime: 'acp', package: '@github/copilot', version: '1.0.102' },
  {
    program: 'claude-agent-acp',
    runtime: 'acp',
    package: '@agentclientprotocol/claude-agent-acp',
    version: '0.100.0',
  },
  { program: 'codex-acp', runtime: 'acp', package: '@agentclientprotocol/codex-acp', version: '2.6.0' },
  { program: 'opencode', runtime: 'acp', package: 'opencode-ai', version: '1.18.33' },
];

/** The version that drover is tested with of an agent's program, spoken with in this way; null where it is untested. */
export function testedWith(runtime: Runtime, command: readonly string[]): string | null {
  const program = basename(command[0] ?? '');
  return tested.find((one) => one.program === program && one.runtime === runtime)?.version ?? null;
}
