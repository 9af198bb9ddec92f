import { createHash } from 'node:crypto';

/** How the first line of the script begins, which says what it is made of. */
const commandsMark = '# ';

/** What nobody's output holds by chance. */
export function markOf(actionKey: string): string {
  return `drover-evidence-${createHash('sha256').update(actionKey).digest('hex').slice(0, 24)}`;
}

/**
 * Each command by a shell of its own, all of them whatever becomes of one. All that they write goes to stdout. When one has
 * ended, a line of random digits there tells where its output ends; and one on stderr, which it does not inherit, its
 * number, its exit code and these digits, so that nothing written to stdout counts. A command that looks for that file to
 * forge its own code can do so: it is the same user. It could as well change what it tests.
 */
export function scriptOf(commands: readonly string[], mark: string): string {
  return [
    `${commandsMark}${JSON.stringify(commands)}`,
    'ended() {',
    '  set -- "$1" "$2" "$(od -An -N16 -tx1 /dev/urandom | tr -d \' \\n\')"',
    `  printf '\\n%s %s\\n' '${mark}' "$3"`,
    `  printf '\\n%s %s %s %s\\n' '${mark}' "$1" "$2" "$3" >&2`,
    '}',
    ...commands.map((command, index) => `/bin/sh -c ${quote(command)} 2>&1 </dev/null; ended ${index} $?`),
    'exit 0',
  ].join('\n');
}

/** The commands of a script: those that the settings have by now may be others. */
export function commandsOf(script: string | undefined): readonly string[] {
  const [first = ''] = (script ?? '').split('\n', 1);
  return first.startsWith(commandsMark) ? (JSON.parse(first.slice(commandsMark.length)) as string[]) : [];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
