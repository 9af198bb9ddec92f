import { maxSignalBytes } from '../../../contract/index.ts';
import { maxBlockLines, readBlocks } from './markdown.ts';
import { findNearMisses } from './near-misses.ts';
import { type OutlinedTask, type OutlinedWave, outline } from './outline.ts';
import { type PlanFields, readFields } from './plan-fields.ts';
import { type PlanProblem, told } from './problem.ts';

export type { PlanProblem } from './problem.ts';

/** One piece of work for one coder. Tasks are numbered over the whole plan, whatever the document says. */
export type ParsedTask = {
  readonly number: number;
  readonly wave: number;
  readonly title: string;
  /** What is to be done, as the source has it. */
  readonly body: string;
};

export type ParsedWave = {
  readonly number: number;
  readonly title: string | null;
  readonly tasks: readonly ParsedTask[];
};

/** A plan as its markdown says it; without waves it is a draft. */
export type ParsedPlan = PlanFields & {
  readonly title: string | null;
  readonly waves: readonly ParsedWave[];
};

export type PlanParsing =
  | { readonly ok: true; readonly plan: ParsedPlan }
  | { readonly ok: false; readonly problems: readonly PlanProblem[] };

export const maxPlanBytes = maxSignalBytes;
/** Short lines take the parser longest: so many are read within half a second, whatever stands in them. */
export const maxPlanLines = 5000;
export const maxWaves = 100;
export const maxTasks = 500;
/** It is told in lists, in prompts and as the message of a commit. */
export const maxTaskTitleChars = 200;

/** A plan is shown, and its tasks are started, far more often than its text changes. */
const maxRemembered = 16;
const remembered = new Map<string, PlanParsing>();

/**
 * Reads the markdown of a plan (contract §7). What is near the grammar and not in it is a problem, never text in silence.
 * Never throws, and takes time that grows with the length; none for one of the texts that were read last.
 */
export function parsePlan(text: string): PlanParsing {
  const parsing = remembered.get(text) ?? parse(text);
  remembered.delete(text); // the youngest is the last
  remembered.set(text, parsing);
  for (const oldest of remembered.keys()) {
    if (remembered.size <= maxRemembered) break;
    remembered.delete(oldest);
  }
  return parsing;
}

function parse(text: string): PlanParsing {
  const unreadable = whyUnreadable(text);
  if (unreadable !== null) return { ok: false, problems: [unreadable] };
  const lines = linesOf(text);
  if (lines.length > maxPlanLines) {
    const message = `The plan has ${lines.length} lines, more than the ${maxPlanLines} that a plan may have: make it shorter`;
    return { ok: false, problems: [{ line: maxPlanLines + 1, message }] };
  }
  const { blocks, tooLongAt } = readBlocks(lines);
  if (tooLongAt !== null) {
    const message = `A paragraph, a quote or an item of a list is longer than ${maxBlockLines} lines: put long text into a fence of code, or make it shorter`;
    return { ok: false, problems: [{ line: tooLongAt, message }] };
  }

  const { title, waves, problems } = outline(blocks, lines.length + 1);
  const all = [...problems, ...findNearMisses({ lines, blocks }), ...waves.flatMap(ofWave)];
  all.push(...tooMany(waves), ...withoutBody(waves, lines));
  if (all.length > 0) return { ok: false, problems: told(all) };

  const fields = readFields(blocks, { lines, before: waves[0]?.line ?? Infinity });
  return { ok: true, plan: { title, ...fields, waves: numbered(waves, lines) } };
}

function whyUnreadable(text: string): PlanProblem | null {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxPlanBytes) {
    const message = `The plan has ${bytes} bytes, more than the ${maxPlanBytes} that a plan may have: make it shorter`;
    return { line: 1, message };
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    const message = 'There is a NUL character in this line: a plan is plain text, take it out';
    return { line: text.slice(0, nul).split(lineEnd).length, message };
  }
  if (text.trim() !== '') return null;
  return { line: 1, message: 'The plan is empty: write at least what is to be done' };
}

const lineEnd = /\r\n|\r|\n/;

/** Without a byte order mark, whatever the line ends are, and without empty lines at the end. */
function linesOf(text: string): readonly string[] {
  return text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(lineEnd);
}

function ofWave({ line, number, tasks, hasUnreadTasks }: OutlinedWave): readonly PlanProblem[] {
  if (tasks.length === 0 && !hasUnreadTasks) {
    return [
      { line, message: `Wave ${number} has no task: write "### Task 1: title" below it, or leave it out` },
    ];
  }
  const first = new Map<string, number>();
  const problems: PlanProblem[] = [];
  for (const task of tasks) {
    if (task.title.length > maxTaskTitleChars) {
      const message = `The title of a task has at most ${maxTaskTitleChars} characters: put the rest below it`;
      problems.push({ line: task.line, message });
    }
    const earlier = first.get(task.title);
    if (earlier === undefined) {
      first.set(task.title, task.line);
      continue;
    }
    const message = `This task has the title of the one in line ${earlier}, in the same wave: give each a title of its own`;
    problems.push({ line: task.line, message });
  }
  return problems;
}

function tooMany(waves: readonly OutlinedWave[]): readonly PlanProblem[] {
  const wave = waves[maxWaves];
  const task = waves.flatMap(({ tasks }) => tasks)[maxTasks];
  const problems: PlanProblem[] = [];
  if (wave !== undefined) {
    problems.push({ line: wave.line, message: `A plan has at most ${maxWaves} waves: put tasks together` });
  }
  if (task !== undefined) {
    problems.push({ line: task.line, message: `A plan has at most ${maxTasks} tasks: put some together` });
  }
  return problems;
}

function withoutBody(waves: readonly OutlinedWave[], lines: readonly string[]): readonly PlanProblem[] {
  const empty = waves.flatMap(({ tasks }) => tasks.filter((task) => saysNothing(bodyOf(task, lines))));
  return empty.map(({ line }) => ({
    line,
    message: 'The title alone is no task: write below it what is to be done, and how to see that it is',
  }));
}

/** True for comments, rules and items of lists without a word: nobody could work on them. */
function saysNothing(body: string): boolean {
  const withoutComments = body.replace(/<!--.*?(?:-->|$)/gs, '');
  return !/[\p{L}\p{N}\p{So}]/u.test(withoutComments.replace(/^\s*(?:[-*+]|\d+[.)])\s+\[[ xX]\]/gm, ''));
}

function numbered(waves: readonly OutlinedWave[], lines: readonly string[]): readonly ParsedWave[] {
  let count = 0;
  return waves.map(({ number, title, tasks }) => ({
    number,
    title,
    tasks: tasks.map((task) => {
      count += 1;
      return { number: count, wave: number, title: task.title, body: bodyOf(task, lines) };
    }),
  }));
}

/** Without the empty lines around it. The indent of its first line stays: it may be code. */
function bodyOf({ from, to }: OutlinedTask, lines: readonly string[]): string {
  const own = lines.slice(from - 1, to - 1);
  const start = own.findIndex((line) => line.trim() !== '');
  return start < 0 ? '' : own.slice(start).join('\n').trimEnd();
}
