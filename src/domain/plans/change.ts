import type { PlanEventName } from '../../contract/index.ts';
import {
  type ActionRow,
  dropActions,
  finishAction,
  getPlan,
  oweAction,
  type PlanRow,
  type PlanTaskRow,
  planOfTopicAtWork,
  planTasks,
  reviveActions,
  setPlanTasks,
  type Transaction,
  updatePlan,
} from '../../foundation/store/index.ts';
import { decide } from './machine/decide.ts';
import { keyOf } from './machine/owed.ts';
import { type Decision, type Owed, type PlanEvent, type PlanState, refuse } from './machine/state.ts';
import type { PlanText } from './plan-text.ts';
import type { RepoPlanSettings } from './ports.ts';
import { cutReason, toColumns, toState, withCutReasons } from './state-columns.ts';

/** What a change of a plan needs to know. */
export type Change = {
  readonly planKey: number;
  readonly event: PlanEvent;
  readonly settings: RepoPlanSettings;
  /** The plan's text and tasks, where they came with the event. */
  readonly text?: PlanText;
  /** The plan of which it was judged who may say it, and the facts were measured. */
  readonly version?: number;
};

/** What came of it. `moved`: the plan changed since it was looked at; nothing was done. */
export type Changed = Decision | { readonly ok: 'moved' };

/** What ends all that was begun: nothing is owed of it any more. */
const anew: ReadonlySet<PlanEventName> = new Set(['cancel', 'reopen', 'start_over', 'reimplement']);
/** What is begun by the rules of the repository, and so not while they are in doubt. */
const begins: ReadonlySet<PlanEventName> = new Set(['implement_start', 'reimplement']);

/** Decides upon an event and writes what follows from it: state, tasks, event and what is owed. */
export function changePlan(tx: Transaction, change: Change): Changed {
  const { event, settings, text } = change;
  const row = getPlan(tx, change.planKey);
  if (change.version !== undefined && row.version !== change.version) return { ok: 'moved' };
  if (settings.lapsed !== null && begins.has(event.name)) return refuse(settings.lapsed);
  const stored = planTasks(tx, row.key);
  const plan = toState(row, stored);
  const decision = decide({
    plan,
    event,
    settings: { ...settings, topicHeldBy: planOfTopicAtWork(tx, row) },
  });
  if (!decision.ok) return decision;
  const { owes } = decision;
  const next = withCutReasons(decision.next);
  const written = updatePlan(tx, row, {
    ...toColumns(next, row, tx.now),
    ...(text === undefined ? {} : { content: text.content, title: text.title }),
  });
  if (!written) throw new Error(`the plan ${row.id} was changed within its own transaction`);
  setPlanTasks(tx, row.key, mergeTasks(next, text?.tasks ?? stored));
  tell(tx, row, { event, next });
  if (anew.has(event.name)) dropActions(tx, row.key, tx.now);
  if (event.name === 'decide' || event.name === 'retry') reviveActions(tx, row.key, tx.now);
  owe(tx, row, owes);
  return decision;
}

/** Notes that an action is done; false where it was not pending any more. */
export function finish(tx: Transaction, { key, kind, planKey }: ActionRow): boolean {
  if (!finishAction(tx, key, tx.now)) return false;
  tx.event({ type: 'action.done', data: { key, kind }, ...ofPlan(getPlan(tx, planKey)) });
  return true;
}

/** Stores what is owed. */
export function owe(tx: Transaction, row: PlanRow, owes: readonly Owed[]): void {
  for (const owed of owes) {
    oweAction(tx, {
      key: keyOf(row.id, owed),
      planKey: row.key,
      repoId: row.repoId,
      kind: owed.kind,
      data: owed,
      createdAt: tx.now,
    });
  }
}

/** Sets a block by the daemon itself: something that it cannot do for the plan. */
export function blockPlan(tx: Transaction, planKey: number, why: string): void {
  const row = getPlan(tx, planKey);
  if (row.blockedReason !== null) return;
  const reason = cutReason(why);
  updatePlan(tx, row, { blockedReason: reason, blockedBy: 'daemon', blockedAt: tx.now, updatedAt: tx.now });
  tx.event({ type: 'plan.blocked', data: { name: row.name, reason, by: 'daemon' }, ...ofPlan(row) });
}

/** Fields of an event that tells of this plan. */
export function ofPlan(row: Pick<PlanRow, 'id' | 'repoId'>) {
  return { source: 'daemon' as const, repoId: row.repoId, planId: row.id };
}

function mergeTasks(next: PlanState, rows: readonly PlanTaskRow[]): readonly PlanTaskRow[] {
  const byNumber = new Map(rows.map((row) => [row.number, row]));
  return next.tasks.map((task) => {
    const row = byNumber.get(task.number);
    return {
      title: row?.title ?? '',
      body: row?.body ?? '',
      ...task,
      commitId: task.status === 'merged' ? (row?.commitId ?? next.headCommit) : null,
    };
  });
}

function tell(
  tx: Transaction,
  before: PlanRow,
  { event, next }: { readonly event: PlanEvent; readonly next: PlanState },
): void {
  const { name } = before;
  const source = event.by === 'operator' ? ('person' as const) : ('daemon' as const);
  tx.event({
    type: 'plan.transition',
    data: {
      name,
      event: event.name satisfies PlanEventName,
      by: event.who,
      from: before.status,
      to: next.status,
      phase: next.phase,
      wave: next.wave,
      task: event.task,
      forced: next.isForced,
    },
    ...ofPlan(before),
    source,
  });
  if (next.blocked !== null && next.blocked.reason !== before.blockedReason) {
    const { reason, by } = next.blocked;
    tx.event({ type: 'plan.blocked', data: { name, reason, by }, ...ofPlan(before), source });
  }
  if (next.blocked === null && before.blockedReason !== null)
    tx.event({ type: 'plan.unblocked', data: { name }, ...ofPlan(before), source });
}
