import { readFileSync } from 'node:fs';
import {
  agentPlanEvents,
  operatorPlanEvents,
  type PlanPhase,
  type PlanStatus,
  planPhases,
  planStatuses,
  taskStatuses,
} from '../../src/contract/index.ts';
import { table } from '../../src/domain/plans/machine/table.ts';
import { planSettings } from '../../src/domain/plans/settings.ts';
import { defaultConfig } from '../../src/foundation/config/index.ts';
import { markdownTable } from './markdown.ts';

type Rule = NonNullable<(typeof table)['cancel']['ready']>;
type Input = Parameters<Rule>[0];

const begin =
  '<!-- Generated from the table of states and events by `npm run docs`: edit the code instead. -->\n';
const end = '<!-- End of what is generated. -->\n';

/** docs/plans.md: written by hand, but for the table of states and events. */
export function plansPage(): string {
  const page = readFileSync(new URL('../../docs/plans.md', import.meta.url), 'utf8');
  const [before, rest = ''] = page.split(begin);
  const after = rest.split(end)[1];
  if (before === undefined || after === undefined) throw new Error('docs/plans.md has lost its marks');
  return `${before}${begin}\n${stateTable()}\n${end}${after}`;
}

function stateTable(): string {
  const rows = Object.entries(table).flatMap(([event, cells]) => {
    const becomes = Object.entries(cells).map(([status, rule]) => ({
      status,
      outcomes: outcomesOf(rule, status as PlanStatus).join('; '),
    }));
    const alike = Map.groupBy(becomes, ({ outcomes }) => outcomes);
    return [...alike].map(([outcomes, of]) => [
      `\`${event}\``,
      speakerOf(event),
      of.map(({ status }) => status).join(', '),
      outcomes,
    ]);
  });
  return markdownTable(['Event', 'Who says it', 'While the plan is', 'Then it is'], rows);
}

function speakerOf(event: string): string {
  if ((operatorPlanEvents as readonly string[]).includes(event)) return 'a person';
  return (agentPlanEvents as readonly string[]).includes(event) ? 'its agents, a person' : 'drover';
}

/** Where a plan is then; `isSame` when that is where it was, whatever it was asked about. */
type Outcome = { readonly rank: number; readonly isSame: boolean };

/** What a cell can lead to: found by asking it about plans of every kind, under every setting. */
function outcomesOf(rule: Rule, status: PlanStatus): string[] {
  const free = ask(rule, plansThatAre(status, null));
  const outcomes =
    free.size > 0 ? free : ask(rule, plansThatAre(status, { reason: 'because', by: 'daemon' }));
  if (outcomes.size === 0)
    throw new Error(`No plan that is ${status} was found that a rule of it lets through`);
  const words = [...outcomes]
    .sort(([, one], [, other]) => one.rank - other.rank)
    .map(([text, { isSame }]) => (isSame ? text.replace(/^.+?(?=$|, blocked$)/, 'as it was') : text));
  return [...new Set(words)];
}

function ask(rule: Rule, plans: readonly Input['plan'][]): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const plan of plans) {
    for (const settings of settingsToTry) {
      for (const event of eventsToTry) {
        const decision = rule({ plan, settings, event });
        if (!decision.ok) continue;
        const { next } = decision;
        const isSame = plan.status === next.status && plan.phase === next.phase;
        const outcome = outcomes.get(wordsOf(next)) ?? { rank: rankOf(next), isSame };
        outcomes.set(wordsOf(next), { ...outcome, isSame: outcome.isSame && isSame });
      }
    }
  }
  return outcomes;
}

function wordsOf({ status, phase, isForced, blocked }: Input['plan']): string {
  const within = phase === null || phase === status ? [] : [phase.replaceAll('_', ' ')];
  const notes = [...within, ...(status === 'done' && isForced ? ['forced'] : [])];
  const where = notes.length === 0 ? status : `${status} (${notes.join(', ')})`;
  return `${where}${blocked === null ? '' : ', blocked'}`;
}

function rankOf({ status, phase, blocked }: Input['plan']): number {
  const within = phase === null ? 0 : planPhases.indexOf(phase) + 1;
  return (planStatuses.indexOf(status) * 20 + within) * 2 + (blocked === null ? 0 : 1);
}

const phasesOf: Readonly<Record<PlanStatus, readonly (PlanPhase | null)[]>> = {
  ready: ['draft', 'planned'],
  planning: ['planning', 'awaiting_advance'],
  implementing: ['architecting', 'wave_running', 'wave_waiting', 'fixing'],
  reviewing: [null],
  verifying: [null],
  done: [null],
  cancelled: [null],
};
const head = 'a'.repeat(40);

function plansThatAre(status: PlanStatus, blocked: Input['plan']['blocked']): Input['plan'][] {
  return phasesOf[status].flatMap((phase) =>
    tasksToTry.map(({ tasks, wave }) => ({
      id: 'plan',
      status,
      phase,
      round: 1,
      wave,
      tasks,
      reviewCycle: 0,
      verifyCycle: 0,
      feedback: null,
      progressHash: null,
      guidance: null,
      blocked,
      isForced: false,
      headCommit: head,
      review: null,
      verification: null,
    })),
  );
}

/** No tasks; and two waves of one task, at the first or at the second, that task in every state. */
const tasksToTry = [
  { tasks: [], wave: 0 },
  ...[1, 2].flatMap((wave) =>
    taskStatuses.flatMap((status) =>
      [1, 9].map((attempt) => ({
        wave,
        tasks: [1, 2].map((number) => ({
          number,
          wave: number,
          status: number === wave ? status : number < wave ? ('merged' as const) : ('pending' as const),
          attempt,
          reason: null,
        })),
      })),
    ),
  ),
];

const asInstalled: Input['settings'] = { ...planSettings(defaultConfig()), topicHeldBy: null };
const settingsToTry: readonly Input['settings'][] = [
  asInstalled,
  { ...asInstalled, autoAdvance: true },
  { ...asInstalled, autoAdvance: true, autoImplement: true },
  { ...asInstalled, autoAdvance: true, autoImplement: true, hasArchitect: true },
  { ...asInstalled, autoImplement: true },
  { ...asInstalled, autoImplement: true, hasArchitect: true },
  { ...asInstalled, hasArchitect: true },
  { ...asInstalled, autoAdvanceWaves: false },
  { ...asInstalled, autoReviewFix: false },
  { ...asInstalled, autoReadinessReview: false },
  { ...asInstalled, maxVerifyCycles: 1 },
  { ...asInstalled, maxVerifyCycles: 1, onExhausted: 'block' },
];

const anEvent: Omit<Input['event'], 'task' | 'facts' | 'tasks' | 'idleTasks'> = {
  name: 'cancel',
  by: 'operator',
  who: 'person',
  wave: null,
  body: 'because',
  now: 0,
  hasTrouble: true,
};
const factsToTry = [null, { lines: 500, commit: 'c'.repeat(40), branch: null }].map((selfFix) => ({
  head,
  base: 'b'.repeat(40),
  shown: head,
  selfFix,
  diffHash: 'x',
}));
const eventsToTry: readonly Input['event'][] = [1, 2].flatMap((task) =>
  [...factsToTry, { ...factsToTry[0], shown: 'd'.repeat(40) } as (typeof factsToTry)[0]].flatMap((facts) =>
    [null, [{ number: 1, wave: 1 }]].map((tasks) => ({ ...anEvent, task, facts, tasks, idleTasks: [task] })),
  ),
);
