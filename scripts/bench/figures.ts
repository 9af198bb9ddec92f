/** The arithmetic and the table of the benches. */

/** One line of a bench's result: a program, what was measured of it, and how that stands to the base of its bench. */
export type Row = {
  readonly subject: string;
  readonly value: string;
  /** Median of the rounds' ratios to the base; null for a peer that could not be had. */
  readonly ratio: number | null;
  /** The least and the greatest ratio of any round. */
  readonly range?: readonly [number, number];
  readonly note?: string;
};

/** What one bench found. */
export type Result = { readonly title: string; readonly rows: readonly Row[] };

/** The middle of a list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) throw new RangeError('There is nothing to take the median of');
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The least of the values that at most `1 - share` of them are above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (found === undefined) throw new RangeError('There is nothing to take a percentile of');
  return found;
}

/** What each subject took in each round, in the same order: subject → one figure per round. */
export type Rounds = ReadonlyMap<string, readonly number[]>;

/** How many rounds there are, and when to be content with fewer: a busy machine must not make a bench endless. */
export type Plan = { readonly rounds: number; readonly budgetMs: number };
const leastRounds = 3;

/** Measures every subject once in each round, by turns. */
export async function measureInRounds(
  subjects: ReadonlyMap<string, () => Promise<number>>,
  { rounds, budgetMs }: Plan,
): Promise<Rounds> {
  const found = new Map<string, number[]>([...subjects.keys()].map((name) => [name, []]));
  const deadline = performance.now() + budgetMs;
  for (let round = 0; round < rounds; round += 1) {
    if (round >= leastRounds && performance.now() > deadline) break;
    for (const [name, measure] of subjects) found.get(name)?.push(await measure());
  }
  return found;
}

/**
 * Rows for `rounds`. Each ratio is taken within its own round, beside the base measured in the same moments, so that a
 * machine that is busy for a while slows both.
 */
export function rowsOf(rounds: Rounds, { base, unit }: { base: string; unit: string }): Row[] {
  const floor = rounds.get(base) ?? [];
  return [...rounds].map(([subject, values]) => {
    const ratios = values.map((value, round) => value / (floor[round] as number));
    return {
      subject,
      value: `${median(values).toFixed(1)} ${unit}`,
      ratio: median(ratios),
      range: [Math.min(...ratios), Math.max(...ratios)],
    };
  });
}

/** A row for a peer that could not be had. */
export function skipped(subject: string, why: string): Row {
  return { subject, value: 'skipped', ratio: null, note: why };
}

/** Results as a table for a person. */
export function formatResults(results: readonly Result[]): string {
  return results
    .map(({ title, rows }) => {
      const cells = rows.map(({ subject, value, ratio, range, note }) => [
        subject,
        value,
        ratio === null ? '-' : `${ratio.toFixed(2)}x`,
        range === undefined ? '' : `${range[0].toFixed(2)}-${range[1].toFixed(2)}`,
        note ?? '',
      ]);
      const table = [['', 'median', 'ratio', 'rounds', ''], ...cells];
      const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
      const lines = table.map((row) =>
        row
          .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
          .join('  ')
          .trimEnd(),
      );
      return `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
    })
    .join('\n');
}
