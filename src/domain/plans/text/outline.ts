import { readHeading } from './headings.ts';
import type { Block } from './markdown.ts';
import type { PlanProblem } from './problem.ts';

/** A task as it stands in the document; its body is in the lines from `from` up to, not including, `to`. */
export type OutlinedTask = {
  readonly line: number;
  readonly title: string;
  readonly from: number;
  readonly to: number;
};

export type OutlinedWave = {
  readonly line: number;
  readonly number: number;
  readonly title: string | null;
  readonly tasks: readonly OutlinedTask[];
  /** Whether something in it was meant to be a task and could not be read. */
  readonly hasUnreadTasks: boolean;
};

export type Outline = {
  readonly title: string | null;
  readonly waves: readonly OutlinedWave[];
  readonly problems: readonly PlanProblem[];
};

type HeadingBlock = Extract<Block, { kind: 'heading' }>;
type OpenTask = Omit<OutlinedTask, 'to'> & { readonly level: number };
type OpenWave = OutlinedWave & { readonly tasks: OutlinedTask[]; hasUnreadTasks: boolean };

/** Which heading opens what, and which text belongs to which task. `endLine` is the line after the last one. */
export function outline(blocks: readonly Block[], endLine: number): Outline {
  const problems: PlanProblem[] = [];
  const waves: OpenWave[] = [];
  let title: string | null = null;
  let task: OpenTask | null = null;

  const closeTask = (line: number) => {
    if (task !== null) waves.at(-1)?.tasks.push({ ...task, to: line });
    task = null;
  };
  const openWave = (line: number, number: number, waveTitle: string | null) => {
    waves.push({ line, number, title: waveTitle, tasks: [], hasUnreadTasks: false });
  };

  for (const heading of blocks) {
    if (heading.kind !== 'heading') continue;
    const { line, level, text } = heading;
    const isTitle = level === 1 && title === null;
    if (isTitle && text !== '') title = text;
    const nextWave = (waves.at(-1)?.number ?? 0) + 1;
    const reading = readHeading(text, { level, nextWave, isTitle });
    const tell = (message: string) => problems.push({ line, message });

    if (reading === null) {
      const ends = task as OpenTask | null;
      if (ends === null || level > ends.level) continue;
      if (heading.isUnderlined && level === 2) tell(whyUnderlined(heading));
      closeTask(line);
      continue;
    }
    closeTask(line);
    if (reading.kind === 'wrong') {
      tell(reading.message);
      const wave = waves.at(-1);
      // Read on as if it were right, so that one slip is told once.
      if (reading.of === 'wave') openWave(line, nextWave, null);
      else if (wave !== undefined) wave.hasUnreadTasks = true;
    } else if (reading.kind === 'wave') {
      if (reading.number !== nextWave) tell(whyNumber(reading.number, nextWave));
      openWave(line, reading.number, reading.title);
    } else if (waves.length === 0) {
      tell('This task is before the first wave: write "## Wave 1" on a line of its own above it');
    } else {
      task = { line, level, title: reading.title, from: heading.endLine + 1 };
    }
  }
  closeTask(endLine);
  return { title, waves, problems };
}

function whyNumber(written: number, expected: number): string {
  if (expected === 1) return `The first wave has the number ${written}: waves begin with "## Wave 1"`;
  return `Wave ${written} stands where wave ${expected} belongs: number the waves 1, 2, 3 without a gap, here "## Wave ${expected}"`;
}

function whyUnderlined({ text }: HeadingBlock): string {
  return `A line of dashes right below text makes a heading of it, and here it ends the task: put an empty line above the dashes, or write "## ${text.slice(0, 60)}"`;
}
