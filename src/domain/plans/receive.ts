import { ulid } from 'ulid';
import { AppError, agentPlanEvents, daemonPlanEvents, type PlanEventName } from '../../contract/index.ts';
import {
  findPlan,
  findSignal,
  insertSignal,
  openActions,
  type PlanRow,
  type PlanRunRow,
  planRuns,
  planTasks,
  type SignalRow,
  type Sql,
  setPlanRunState,
  type Transaction,
} from '../../foundation/store/index.ts';
import { attribute, type Speaker, whyNoSuchPlace } from './attribute.ts';
import { changePlan, ofPlan } from './change.ts';
import { findIdleTasks } from './idle.ts';
import { keptBody } from './kept-body.ts';
import type { PlanEvent, PlanFacts } from './machine/state.ts';
import { type PlanText, readPlanText } from './plan-text.ts';
import type { PlansDeps } from './ports.ts';
import { measureFacts } from './verdict-facts.ts';

/** Something that was said of a plan, before anybody looked whether it may be. */
export type Said = {
  /** The key of its receipt: what has one already is not applied again. */
  readonly id?: string;
  readonly repoId: string;
  readonly plan: string;
  readonly event: PlanEventName;
  readonly wave: number | null;
  readonly task: number | null;
  readonly body: string;
  readonly speaker: Speaker;
  /** False: there were so many refused ones that this one, if it is refused too, leaves no receipt. */
  readonly keepsRefusal?: boolean;
  /** Called with the receipt in the transaction that writes it. */
  readonly also?: ((tx: Transaction, row: SignalRow) => void) | undefined;
};

/** How often a plan may change under what was measured of it before the signal is given up. */
const maxTries = 8;
/** Verdicts, which are about commits. */
const measured: ReadonlySet<PlanEventName> = new Set([
  'review_approved',
  'review_changes_requested',
  'verify_approved',
  'verify_failed',
]);
/** What may bring the plan's text with it. */
const withText: ReadonlySet<PlanEventName> = new Set(['planner_finished', 'elaborator_finished']);
/** What a run says in the midst of its work. */
const goesOn: ReadonlySet<PlanEventName> = new Set(['needs_decision', 'wave_start']);

/**
 * Applies what was said of a plan, once, and writes its receipt in the same transaction. What is refused has a receipt
 * too, with the reason and the beginning of what it said. Throws only what storage throws, and `plan_refused` after a
 * plan that never stood still.
 */
export async function receive(deps: PlansDeps, said: Said): Promise<SignalRow> {
  const { store, clock } = deps;
  const id = said.id ?? ulid(clock.now());
  const known = store.read((sql) => findSignal(sql, id));
  if (known !== undefined) return sameSignal(known, said);
  const settings = await deps.settingsOf(said.repoId);
  for (let attempt = 0; attempt < maxTries; attempt += 1) {
    const { plan, why } = store.read((sql) => {
      const plan = findPlan(sql, said.repoId, said.plan);
      if (plan === undefined) return { plan, why: `the repository has no plan '${said.plan}'` };
      return { plan, why: refusalBefore(sql, plan, said) };
    });
    if (plan === undefined || typeof why === 'string')
      return store.write((tx) =>
        receipt(tx, { id, said, plan: plan ?? null, run: null, reason: String(why) }),
      );
    const run = why;
    const text = withText.has(said.event) && said.body.trim() !== '' ? readText(said.body, said.plan) : null;
    if (typeof text === 'string')
      return store.write((tx) => receipt(tx, { id, said, plan, run, reason: text }));
    const facts = await factsFor(deps, plan, { run, event: said.event });
    const done = await store.write((tx) => {
      const stored = findSignal(tx, id);
      if (stored !== undefined) return stored;
      const event: PlanEvent = {
        name: said.event,
        by: said.speaker.kind === 'person' ? 'operator' : 'agent',
        who: run?.runId ?? 'person',
        wave: said.wave,
        task: said.task,
        body: text === null ? said.body : '',
        tasks: text?.tasks ?? null,
        facts,
        idleTasks: findIdleTasks(tx, plan.key, planTasks(tx, plan.key)),
        hasTrouble: openActions(tx, plan.key).some(({ error }) => error !== null),
        now: tx.now,
      };
      const changed = changePlan(tx, {
        planKey: plan.key,
        event,
        settings,
        ...(text === null ? {} : { text }),
        version: plan.version,
      });
      if (changed.ok === 'moved') return null;
      if (changed.ok && run !== null && !goesOn.has(said.event)) setPlanRunState(tx, run.runId, 'signaled');
      return receipt(tx, { id, said, plan, run, reason: changed.ok ? null : changed.reason });
    });
    if (done !== null) return done;
  }
  throw new AppError('plan_refused', `The plan '${said.plan}' changed all the time while it was looked at`, {
    hint: 'try again',
  });
}

/** What an event is decided by: for a person's word that lets a plan go on, only where its branch is. */
async function factsFor(
  deps: PlansDeps,
  plan: PlanRow,
  { run, event }: { readonly run: PlanRunRow | null; readonly event: PlanEventName },
): Promise<PlanFacts | null> {
  if (measured.has(event)) return measureFacts(deps, plan, { run, event });
  if ((event !== 'decide' && event !== 'retry') || plan.headCommit === null) return null;
  const head = await deps.work.branchHead(plan.repoId, plan.branch).catch(() => null);
  return head === null ? null : { head, base: '', shown: null, selfFix: null, diffHash: '' };
}

/** An agent can write beside the claimed files, and so choose an id: one that stands for something else is no receipt. */
function sameSignal(known: SignalRow, { repoId, plan, event, wave, task }: Said): SignalRow {
  const isSame =
    known.repoId === repoId &&
    known.planName === plan &&
    known.event === event &&
    known.wave === wave &&
    known.task === task;
  if (isSame) return known;
  return { ...known, status: 'failed', reason: 'its id belongs to another signal' };
}

/** Why it is refused whatever the state is; else the run that says it, null for a person. */
function refusalBefore(sql: Sql, plan: PlanRow, said: Said): string | PlanRunRow | null {
  const isPerson = said.speaker.kind === 'person';
  if ((daemonPlanEvents as readonly string[]).includes(said.event))
    return `\`${said.event}\` is for the daemon to say, from what it sees`;
  if (!isPerson && !(agentPlanEvents as readonly string[]).includes(said.event))
    return `\`${said.event}\` is a person's to say, not an agent's`;
  const noPlace = whyNoSuchPlace(plan, planTasks(sql, plan.key), said);
  if (noPlace !== null) return noPlace;
  const found = attribute(plan, planRuns(sql, plan.key), said);
  return found.ok ? found.run : found.reason;
}

function readText(body: string, name: string): PlanText | string {
  const found = readPlanText(body, name);
  return found.ok
    ? found.text
    : `the plan that came with it cannot be carried out: ${found.problems.join('; ')}`;
}

type Receipt = {
  readonly id: string;
  readonly said: Said;
  readonly plan: PlanRow | null;
  readonly run: PlanRunRow | null;
  readonly reason: string | null;
};

function receipt(tx: Transaction, { id, said, plan, run, reason }: Receipt): SignalRow {
  const stored = findSignal(tx, id);
  if (stored !== undefined) return stored;
  const { speaker } = said;
  const runId = run?.runId ?? (speaker.kind === 'run' ? speaker.runId : null);
  const row: SignalRow = {
    id,
    repoId: said.repoId,
    planKey: plan?.key ?? null,
    planName: said.plan,
    event: said.event,
    wave: said.wave,
    task: said.task,
    body: keptBody(said, { isRefused: reason !== null, hasPlan: plan !== null }),
    source: speaker.kind === 'person' ? 'person' : speaker.kind === 'run' ? speaker.runId : 'file',
    runId,
    status: reason === null ? 'done' : 'failed',
    reason,
    receivedAt: tx.now,
  };
  if (reason !== null && said.keepsRefusal === false) return row;
  insertSignal(tx, row);
  const about = { signal_id: id, plan: said.plan, event: said.event };
  const where = plan === null ? { source: 'daemon' as const, repoId: said.repoId } : ofPlan(plan);
  tx.event({ type: 'signal.received', data: about, ...where });
  if (reason === null) tx.event({ type: 'signal.done', data: about, ...where });
  else tx.event({ type: 'signal.failed', data: { ...about, reason }, ...where });
  said.also?.(tx, row);
  return row;
}
