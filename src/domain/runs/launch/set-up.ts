/**
 * Commands before the agent. They are run by the process that the launcher starts and that becomes the agent, so that
 * they outlive the daemon, and are ended, timed and recorded as the agent is (docs/adr/0010).
 */

/** What is to be run, and the file that says that it was. */
export type SetUpSpec = { readonly commands: readonly string[]; readonly marker: string };

/**
 * Arguments: marker, file for a failure, number of commands, the commands, the agent's own. Each command has a shell of
 * its own, no stdin (which is the agent's) and its output on stderr (stdout speaks the agent's protocol). `true`, because
 * a redirection that fails on a special builtin ends the shell, and a disk may be full.
 */
const script = `marker=$1 failed=$2 left=$3
shift 3
if [ -e "$marker" ]; then
  shift "$left"
  left=0
fi
while [ "$left" -gt 0 ]; do
  printf 'drover: set-up: %s\\n' "$1" >&2
  /bin/sh -c "$1" </dev/null >&2
  status=$?
  if [ "$status" -ne 0 ]; then
    printf '%s\\n%s\\n' "$status" "$1" >"$failed"
    exit "$status"
  fi
  shift
  left=$((left - 1))
  if [ "$left" -eq 0 ]; then true >"$marker"; fi
done
unset marker failed left status
exec "$@"
`;

/** The agent's arguments behind the set-up, which writes a failure to the file `failed`. */
export function afterSetUp(
  { commands, marker }: SetUpSpec,
  { failed, argv }: { readonly failed: string; readonly argv: readonly string[] },
): readonly string[] {
  const before = ['/bin/sh', '-c', script, 'drover-set-up', marker, failed];
  return [...before, String(commands.length), ...commands, ...argv];
}
