import type { ApprovalMode } from '../../../contract/index.ts';
import type { AgentRequest } from '../adapter.ts';

/** What each mode lets Codex do; `ask` is refused before there is a command line. */
const sandboxes: Readonly<Record<ApprovalMode, readonly string[]>> = {
  ask: ['-c', 'sandbox_mode="read-only"', '-c', 'approval_policy="never"'],
  auto: ['-c', 'sandbox_mode="workspace-write"', '-c', 'approval_policy="never"'],
  unrestricted: ['--dangerously-bypass-approvals-and-sandbox'],
};

/**
 * `codex exec` as a program that reads its prompt from its stdin: there a prompt may be of any size, may begin with a
 * dash, and is in no list of processes. Settings go by `-c`, because `exec resume` does not know every option; the folder's
 * trust among them, as the app-server is told it. The folder was chosen by drover, so it need not be a repository.
 */
export function codexExecCommandLine(command: readonly string[], request: AgentRequest): readonly string[] {
  const { approvalMode, cwd, isTrusted, model, sessionId } = request;
  const trust = `projects={${tomlText(cwd)}={trust_level="${isTrusted ? 'trusted' : 'untrusted'}"}}`;
  return [
    ...command,
    ...(sessionId === null ? [] : ['resume']),
    '--json',
    '--skip-git-repo-check',
    ...sandboxes[approvalMode],
    '-c',
    trust,
    ...(model === null ? [] : [`--model=${model}`]),
    '--',
    ...(sessionId === null ? [] : [sessionId]),
    '-',
  ];
}

/** A basic string of TOML: what JSON makes of a text, but for one character that JSON leaves as it is. */
function tomlText(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007F');
}
