/** `codex` as a server for one program on its stdin and stdout. */
export function codexCommandLine(command: readonly string[]): readonly string[] {
  return [...command, 'app-server'];
}
