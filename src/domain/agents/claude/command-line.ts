import type { AgentRequest } from '../adapter.ts';

/**
 * `claude` as a program that is spoken with in lines of JSON, both ways, and that asks on the same pipes before it uses
 * a tool. `manual`, because the person's own settings may have a mode that asks nobody. `-p` shows no dialog about
 * trust, so for a repository that nobody trusted only the person's own settings are read: with those of the project
 * left out, neither its hooks nor its .mcp.json are run, nor its CLAUDE.md obeyed.
 */
export function claudeCommandLine(command: readonly string[], request: AgentRequest): readonly string[] {
  const { model, maxTurns, maxCostUsd, sessionId, isTrusted } = request;
  return [
    ...command,
    '-p',
    '--input-format=stream-json',
    '--output-format=stream-json',
    '--verbose',
    '--include-partial-messages',
    '--replay-user-messages',
    '--permission-prompt-tool=stdio',
    '--permission-mode=default',
    ...(isTrusted ? [] : ['--setting-sources=user']),
    ...(model === null ? [] : [`--model=${model}`]),
    ...(maxCostUsd === null ? [] : [`--max-budget-usd=${maxCostUsd}`]),
    ...(maxTurns === null ? [] : [`--max-turns=${maxTurns}`]),
    ...(sessionId === null ? [] : [`--resume=${sessionId}`]),
  ];
}
