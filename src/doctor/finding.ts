/** How much a finding matters. Only an `error` makes `drover doctor` fail. */
export type Severity = 'ok' | 'note' | 'warning' | 'error';

/** What a check found. */
export type Finding = {
  /** `group.subject`, stable for programs. */
  readonly check: string;
  readonly severity: Severity;
  /** One sentence without a full stop. */
  readonly title: string;
  /** What it means and why, or empty. */
  readonly detail: string;
  /** What a person can run to mend it; null where there is nothing to run. */
  readonly command: string | null;
  /** Mends it and says what was done. Never loses work, and may be done twice. */
  readonly fix: (() => Promise<string>) | null;
};

type Rest = {
  readonly detail?: string;
  readonly command?: string | null;
  readonly fix?: (() => Promise<string>) | null;
};

const make =
  (severity: Severity) =>
  (check: string, title: string, rest: Rest = {}): Finding => ({
    check,
    severity,
    title,
    detail: rest.detail ?? '',
    command: rest.command ?? null,
    fix: rest.fix ?? null,
  });

/** As it should be. */
export const fine = make('ok');
/** Worth knowing. */
export const note = make('note');
/** Will hurt some day, or hurts a part. */
export const warning = make('warning');
/** Something does not work, or is not safe. */
export const failure = make('error');

/** `text` as one word of a shell, quoted only where it must be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** `1 run`, `2 runs`. */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** At most three of a list, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
