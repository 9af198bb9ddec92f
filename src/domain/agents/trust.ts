import { basename } from 'node:path';

/**
 * How programs that have no other way are told whether the folder they work in is trusted, by the program's name. Told
 * nothing, OpenCode runs what a repository configures, and Gemini CLI lets nothing be allowed for longer than once.
 */
const variables: Readonly<Record<string, (isTrusted: boolean) => Record<string, string>>> = {
  gemini: (isTrusted) => ({ GEMINI_CLI_TRUST_WORKSPACE: String(isTrusted) }),
  opencode: (isTrusted) => (isTrusted ? {} : { OPENCODE_DISABLE_PROJECT_CONFIG: '1' }),
};

/** What the environment of this agent says of the trust in the folder of its run. */
export function trustVariables(command: readonly string[], isTrusted: boolean): Record<string, string> {
  const program = basename(command[0] ?? '');
  return Object.hasOwn(variables, program) ? (variables[program]?.(isTrusted) ?? {}) : {};
}
