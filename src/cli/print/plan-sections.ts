import { type Plan, waitsForPerson } from '../../contract/index.ts';
import { escapeControls, escapeLine } from './escape.ts';
import { newestEvidence } from './plan-verdicts.ts';
import { callsOf, owedInWords, type PageOptions, repoFlag } from './plan-words.ts';
import { count, formatAge, formatSpan } from './span.ts';
import type { Style } from './style.ts';
import { cutTo, formatTable, widthOf } from './table.ts';

/** The last lines of a command that failed. */
const maxOutputLines = 10;
const maxOutputWidth = 200;
const maxRuns = 12;
const maxTitleWidth = 60;

type Task = Plan['waves'][number]['tasks'][number];
type ShownTask = Omit<Task, 'status'> & { readonly status: Task['status'] | 'queued' };

/** Each wave with its tasks; below a task why it failed or waits. */
export function waveSections(plan: Plan, { style, repo }: PageOptions): string[][] {
  const { waves, status, name } = plan;
  const titles = waves.flatMap(({ tasks }) => tasks.map(titleOf));
  const width = Math.max(0, ...titles.map(widthOf));
  const finished = `drover signal task-finished ${escapeLine(name)}`;
  return waves.map(({ number, title, tasks }) => {
    const isAtWork = status === 'implementing' && number === plan.wave;
    const takeOf = (task: Task) => (isAtWork ? `${finished} --task ${task.number}${repoFlag(repo)}` : null);
    const merged = tasks.filter(({ status }) => status === 'merged').length;
    const heading = `wave ${number}${title === null ? '' : `: ${escapeLine(title)}`}`;
    return [
      `${style.bold(heading)}, ${merged} of ${tasks.length} merged\n`,
      ...tasks.flatMap((task) => taskLines(shownTask(task, plan), { width, style, take: takeOf(task) })),
    ];
  });
}

/** A task as it is shown: its newest run may still be queued. */
function shownTask(task: Task, { live }: Plan): ShownTask {
  const isQueued = live.some(({ run_id: id, status }) => id === task.run_id && status === 'queued');
  return isQueued ? { ...task, status: 'queued' } : task;
}

/** `take`: the command that says that a task is done; null where that is not to be said. */
function taskLines(
  task: ShownTask,
  { width, style, take }: { readonly width: number; readonly style: Style; readonly take: string | null },
): string[] {
  const title = titleOf(task);
  const what = title + ' '.repeat(width - widthOf(title));
  const run = task.run_id === null ? '' : `  ${escapeLine(task.run_id)}`;
  const state = paintTask(task.status, task.status.padEnd(7), style);
  return [
    `${`  ${String(task.number).padStart(3)}  ${state}  ${what}${run}`.trimEnd()}\n`,
    ...(task.reason === null ? [] : [`       ${style.yellow(escapeLine(task.reason))}\n`]),
    ...(task.status === 'failed' && task.run_id !== null
      ? [
          `       look at what it made: drover runs diff ${escapeLine(task.run_id)}\n`,
          ...(take === null ? [] : [`       take it as it is:     ${take}\n`]),
        ]
      : []),
  ];
}

function titleOf({ title, attempt }: Pick<Task, 'title' | 'attempt'>): string {
  return cutTo(escapeLine(title), maxTitleWidth) + (attempt > 1 ? ` (attempt ${attempt})` : '');
}

function paintTask(status: ShownTask['status'], text: string, style: Style): string {
  if (status === 'merged') return style.green(text);
  if (status === 'failed') return style.red(text);
  return status === 'pending' || status === 'queued' ? text : style.cyan(text);
}

/** What the newest commands of the daemon came to; the end of what they wrote where they failed. */
export function evidenceSection({ evidence }: Plan, style: Style): string[] {
  const newest = newestEvidence(evidence);
  const [first] = newest;
  if (first === undefined) return [];
  const stage = first.stage === 'verify' ? 'verification' : 'review';
  const width = Math.max(...newest.map((one) => howItEnded(one).length));
  const earlier = evidence.length - newest.length;
  return [
    `${style.bold(`evidence for the ${stage}`)}, of ${escapeLine(first.commit.slice(0, 12))}, ${escapeLine(first.run_id)}\n`,
    ...newest.flatMap((one) => commandLines(one, width, style)),
    ...(earlier > 0 ? [`  ${count(earlier, 'earlier result')}: with --json\n`] : []),
  ];
}

function commandLines(one: Plan['evidence'][number], width: number, style: Style): string[] {
  const { command, exit_code: code, output } = one;
  const paint = code === 0 ? style.green : style.red;
  const line = `  ${paint(howItEnded(one).padEnd(width))}  ${escapeLine(command)}\n`;
  if (code === 0) return [line];
  const lines = escapeControls(output.trimEnd()).split('\n').slice(-maxOutputLines);
  return [
    line,
    ...(output.trim() === '' ? [] : lines.map((text) => `    | ${cutTo(text, maxOutputWidth)}\n`)),
  ];
}

function howItEnded({ exit_code: code }: Plan['evidence'][number]): string {
  if (code === 0) return 'ok';
  return code === null ? 'unfinished' : `exit ${code}`;
}

/** The newest runs of a plan, those that it waits for first. */
export function runsSection({ runs, live }: Plan): string[] {
  if (runs.length === 0) return [];
  const newest = runs.toReversed();
  const open = newest.filter(({ state }) => state !== 'closed');
  const shown = [...open, ...newest.filter(({ state }) => state === 'closed')].slice(0, maxRuns);
  const table = formatTable(
    [
      { heading: 'RUN' },
      { heading: 'ROLE' },
      { heading: 'TASK', alignRight: true },
      { heading: 'ATTEMPT', alignRight: true },
      { heading: 'STATE' },
    ],
    shown.map((run) => [
      escapeLine(run.run_id),
      run.role,
      String(run.task ?? '-'),
      String(run.attempt),
      stateOf(run, live),
    ]),
  );
  const left = runs.length - shown.length;
  return [table, ...(left > 0 ? [`${count(left, 'earlier run')}: with --json\n`] : [])];
}

/** The commands of [verify] say nothing: they are at work, or they are not. */
function stateOf({ run_id: id, role, state }: Plan['runs'][number], live: Plan['live']): string {
  const now = live.find(({ run_id: one }) => one === id);
  if (now?.status === 'queued') return 'queued';
  if (now !== undefined && waitsForPerson(now)) return 'waits for your answer: drover approvals';
  if (role === 'evidence' && state === 'open') return 'at work';
  return stateWords[state] ?? state;
}

const stateWords: Readonly<Record<Plan['runs'][number]['state'], string>> = {
  open: 'has not said that it is done',
  asked: 'was asked whether it is done',
  signaled: 'has said that it is done',
  closed: 'over',
};

/** What a plan still owes, and what was given up, with how to revive that. */
export function owedSections(plan: Plan, { now, style, repo }: PageOptions): string[][] {
  const call = callsOf(plan, repo);
  const pending = plan.owed.filter(({ status }) => status === 'pending');
  const dead = plan.owed.filter(({ status }) => status === 'dead');
  const sections = [
    pending.length === 0
      ? []
      : [`${style.bold('still to do')}\n`, ...pending.map((one) => owedLine(one, now))],
    dead.length === 0
      ? []
      : [
          `${style.red('given up')}\n`,
          ...dead.map((one) => owedLine(one, now)),
          `  try it again: ${call('retry')}\n`,
        ],
  ];
  return sections.filter((lines) => lines.length > 0);
}

function owedLine(one: Plan['owed'][number], now: number): string {
  const tries = one.attempts === 0 ? '' : `, tried ${count(one.attempts, 'time')}`;
  const waitMs = Date.parse(one.due_at) - now;
  const next =
    one.status === 'pending' && one.attempts > 0 && waitMs > 0 ? `, again in ${formatSpan(waitMs)}` : '';
  const why = one.error === null ? '' : `: ${escapeLine(one.error)}`;
  return `  ${owedInWords(one)}${tries}${next}${why}\n`;
}

/** The signals that were refused last, each with its reason. */
export function refusedSection({ refused }: Plan, { now, style, repo }: PageOptions): string[] {
  const [newest] = refused;
  if (newest === undefined) return [];
  return [
    `${style.bold('refused signals')}\n`,
    ...refused.map(
      ({ id, event, reason, at }) =>
        `  ${escapeLine(id)}  ${escapeLine(event)}, ${formatAge(at, now)}: ${escapeLine(reason)}\n`,
    ),
    `  say one again: drover signal retry ${escapeLine(newest.id)}${repoFlag(repo)}\n`,
  ];
}
