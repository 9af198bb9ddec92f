import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  answersFile,
  type DialogPlan,
  type DialogRuntime,
  dialogRuntimes,
  makeDialogPlan,
} from './dialog-runs.ts';
import type { Random } from './random.ts';
import { lacksTmux } from './tmux.ts';

/** A run whose whole output is known before it starts. */
export type NumberedRun = {
  /** `acp`: the demo agent. `terminal`: the same program as `command`, in a terminal. */
  readonly kind: 'command' | 'acp' | 'dialog' | 'terminal';
  /** What a dialog is made of; null for the others. */
  readonly dialog: { readonly runtime: DialogRuntime; readonly plan: DialogPlan } | null;
  readonly pace: Pace;
  readonly lines: number;
  readonly exitCode: number;
  /** Works in a worktree of the repository, instead of a scratch folder. */
  readonly isInRepo: boolean;
  /** Idempotency-Key. */
  readonly key: string;
};

export type Pace = keyof typeof paces;

/** How a run writes: lines of each stream, which of them pause in their middle (1 = each), and for how long. */
const paces = {
  burst: { lines: [200, 1500], every: 5000, pause: '0' },
  steady: { lines: [20, 60], every: 3, pause: '0.05' },
  slow: { lines: [4, 14], every: 1, pause: '0.12' },
  /** Lines that are longer than one event may be. */
  long: { lines: [2, 6], every: 2, pause: '0.08' },
  /** Ends at once. */
  brief: { lines: [0, 3], every: 9, pause: '0' },
} as const;

const longLineBytes = 150_000;

/** Of so many runs one is the demo agent, and one works in the repository: these cost more to start. */
const oneInEvery = 8;

/** With every runtime, these of them are a dialog, each in another protocol, and one is in a terminal. */
const dialogPlaces = [1, 4, 6];
const terminalPlace = 2;

/** Picks a run. */
export function makeNumberedRun(random: Random, index: number, everyRuntime = false): NumberedRun {
  const key = `run-${random.seed}-${index}`;
  const place = index % oneInEvery;
  const isInRepo = place === 3;
  const spoken = { pace: 'slow', lines: 0, exitCode: 0, key } as const;
  if (place === oneInEvery - 1) {
    return { ...spoken, kind: 'acp', dialog: null, isInRepo: random.below(2) === 0 };
  }
  const runtime = dialogRuntimes[dialogPlaces.indexOf(place)];
  if (everyRuntime && runtime !== undefined) {
    return { ...spoken, kind: 'dialog', dialog: { runtime, plan: makeDialogPlan(random, key) }, isInRepo };
  }
  const exitCode = random.pick([0, 0, 0, 1, 7, 42]);
  if (everyRuntime && place === terminalPlace && !lacksTmux) {
    const lines = 4 + random.below(20);
    return { kind: 'terminal', dialog: null, pace: 'steady', lines, exitCode, isInRepo, key };
  }
  const pace = random.pick(['burst', 'steady', 'steady', 'slow', 'slow', 'slow', 'long', 'brief'] as const);
  const [least, most] = paces[pace].lines;
  const lines = least + random.below(most - least + 1);
  return {
    kind: 'command',
    dialog: null,
    pace,
    lines,
    exitCode,
    isInRepo,
    key,
  };
}

/** The slowest kind, for a kill that needs an agent in the middle of a line, or about to end. */
export function makeSlowRun(
  random: Random,
  { index, lines, isInRepo = false }: { index: number; lines: number; isInRepo?: boolean },
): NumberedRun {
  const exitCode = random.pick([0, 3]);
  return {
    kind: 'command',
    dialog: null,
    pace: 'slow',
    lines,
    exitCode,
    isInRepo,
    key: `slow-${random.seed}-${index}`,
  };
}

/**
 * Writes the program of the runs. It appends its run's id to `started` as its first act, then writes each line of
 * stdout in two halves, so that a kill may find the file in mid-line.
 */
export async function writeProgram(folder: string): Promise<{ program: string; started: string }> {
  const started = join(folder, 'started');
  const program = join(folder, 'numbered.sh');
  await writeFile(started, '');
  await writeFile(answersFile(folder), '');
  await writeFile(
    program,
    `lines=$1 every=$2 pause=$3 code=$4 filler=
if [ "$5" -gt 0 ]; then filler=$(printf "%0$5d" 0); fi
printf '%s\\n' "$DROVER_RUN_ID" >>'${started}'
i=1
while [ "$i" -le "$lines" ]; do
  printf 'out %s ' "$i"
  if [ $((i % every)) = 0 ]; then sleep "$pause"; fi
  printf '%s of %s\\n' "$filler" "$lines"
  printf 'err %s of %s\\n' "$i" "$lines" >&2
  i=$((i + 1))
done
exit "$code"
`,
  );
  return { program, started };
}

/** The command of a run. */
export function commandOf(run: NumberedRun, program: string): string[] {
  const { every, pause } = paces[run.pace];
  const filler = run.pace === 'long' ? longLineBytes : 0;
  return ['/bin/sh', program, ...[run.lines, every, pause, run.exitCode, filler].map(String)];
}

/** What must be in the journal of a run, byte for byte. */
export function expectedOutput(run: NumberedRun): { readonly stdout: string; readonly stderr: string } {
  const filler = run.pace === 'long' ? '0'.repeat(longLineBytes) : '';
  const numbers = Array.from({ length: run.lines }, (_, index) => index + 1);
  const out = numbers.map((n) => `out ${n} ${filler} of ${run.lines}\n`);
  const err = numbers.map((n) => `err ${n} of ${run.lines}\n`);
  if (run.kind !== 'terminal') return { stdout: out.join(''), stderr: err.join('') };
  const shown = out.map((line, index) => `${line}${err[index]}`).join('');
  return { stdout: shown.replaceAll('\n', '\r\n'), stderr: '' };
}
