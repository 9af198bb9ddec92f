/** What launchctl said: its exit code, null when it did not end in time, and the text of both streams. */
export type Answer = { readonly code: number | null; readonly text: string };

/** What an answer means for what comes next. */
export type Verdict =
  | 'done'
  /** The label is not loaded, or has no process: nothing to end, something to load. */
  | 'absent'
  /** The label is on its way out or in: look again soon. */
  | 'moving'
  /** A `disable` stands in the way, from an earlier time or another tool. */
  | 'disabled'
  /** There is no such domain, or it does not take such a job. */
  | 'no-domain'
  /** launchd's catch-all, or no answer in time: only a look at the label tells. */
  | 'unclear'
  /** Anything else: trying again would not help. */
  | 'refused';

/** The exit codes of launchctl (errno on older systems, its own from 100 on), as they have been seen. */
const verdicts: Readonly<Record<number, Verdict>> = {
  0: 'done',
  3: 'absent', // No such process: bootout, kill
  5: 'unclear', // Input/output error: still leaving, loaded already, disabled, a file that others may write to…
  36: 'moving', // Operation now in progress: bootout is at it
  37: 'moving', // Operation already in progress: bootstrap during a bootout, kickstart during a start
  112: 'no-domain', // Could not find specified domain: nobody is logged in to the screen
  113: 'absent', // Could not find specified service
  119: 'disabled', // Service is disabled
  125: 'no-domain', // Domain does not support specified action: the same, over SSH
};

/** Judges an answer by its code alone: the text changes with each release. */
export function judge({ code }: Answer): Verdict {
  return code === null ? 'unclear' : (verdicts[code] ?? 'refused');
}

/** What launchd knows of a loaded label. `print` is made for people: what cannot be read is null. */
export type Job = {
  /** `running`, `not running`, `spawn scheduled`, `xpcproxy` (being started), `SIGTERMed`… */
  readonly state: string | null;
  readonly pid: number | null;
  /** Starts since it was loaded. */
  readonly runs: number | null;
  /** Null while it has not ended yet. */
  readonly ended: JobEnd | null;
};

/** How the last process of a job ended. */
export type JobEnd =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly name: string }
  /** The system would not let it run or ended it itself, such as `OS_REASON_CODESIGNING`. */
  | { readonly kind: 'system'; readonly name: string };

/** launchd could not even start it: the program is gone, or the folder of an output file is (sysexits: EX_CONFIG). */
export const spawnFailedCode = 78;

/** Reads `launchctl print DOMAIN/LABEL`. Only the first level counts: what is nested has a `state` and a `pid` too. */
export function parseJob(text: string): Job {
  const field = (name: string) => new RegExp(`^\\t${name} = (.*)$`, 'm').exec(text)?.[1]?.trim() ?? null;
  const pid = numberIn(field('pid'));
  return {
    state: field('state'),
    pid: pid === null || pid <= 0 ? null : pid,
    runs: numberIn(field('runs')),
    ended: endOf(field('last exit reason'), field('last terminating signal'), field('last exit code')),
  };
}

/** One of the three lines is there, or none; a system's reason outranks the code beside it. */
function endOf(reason: string | null, signal: string | null, code: string | null): JobEnd | null {
  if (reason !== null) return { kind: 'system', name: reason };
  if (signal !== null) return { kind: 'signal', name: signal };
  const number = numberIn(code); // "(never exited)" has none; "78: EX_CONFIG" begins with it
  return number === null ? null : { kind: 'exit', code: number };
}

function numberIn(text: string | null): number | null {
  const digits = /^\d+/.exec(text ?? '')?.[0];
  return digits === undefined ? null : Number(digits);
}

/** True when `launchctl print-disabled DOMAIN` lists the label as disabled: `=> true`, or `=> disabled` since macOS 13. */
export function isDisabledIn(text: string, label: string): boolean {
  const name = label.replaceAll('.', '\\.');
  return new RegExp(`^\\s*"${name}" => (true|disabled)\\s*$`, 'm').test(text);
}

/** The end of a job in words. */
export function describeEnd(end: JobEnd): string {
  switch (end.kind) {
    case 'exit':
      return end.code === spawnFailedCode
        ? `launchd could not start the program (${spawnFailedCode}): it or the folder of its error file is gone`
        : `it ended with exit code ${end.code}`;
    case 'signal':
      return `it was ended by a signal (${end.name})`;
    case 'system':
      return `the system ended it (${end.name})`;
  }
}
