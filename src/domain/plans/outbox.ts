import { inBackground } from '../../base/index.ts';
import { isAppError } from '../../contract/index.ts';
import {
  type ActionRow,
  failAction,
  finishAction,
  getPlan,
  openActions,
  type PlanRow,
  pendingActions,
  planTasks,
  reposThatOwe,
  type Sql,
} from '../../foundation/store/index.ts';
import { carryAsk } from './carry/ask.ts';
import { carryAdvance, carryRenew } from './carry/branch.ts';
import { carryEvidence } from './carry/evidence.ts';
import { carryJoin } from './carry/join.ts';
import { carrySpawn } from './carry/spawn.ts';
import { carryStop } from './carry/stop.ts';
import { blockPlan, ofPlan } from './change.ts';
import { isWanted, startsSomething } from './machine/owed.ts';
import type { Owed } from './machine/state.ts';
import type { PlansDeps } from './ports.ts';
import { toState } from './state-columns.ts';

/** Pauses between tries of an action; after the last one it is given up. */
const pausesMs: readonly number[] = [1000, 5000, 20_000, 60_000, 300_000];
/** An action that takes longer has hung: it is tried again, and its key keeps it from being done twice. */
const deadlineMs = 15 * 60_000;

/** Carries out what plans owe. */
export type Outbox = {
  /** Looks at what is due. Cheap when nothing is. */
  readonly tick: () => void;
  /** Resolves once nothing is being carried out; nothing more is begun. */
  readonly close: () => Promise<void>;
};

/** Makes the outbox: one chain per plan, so that no plan or repository waits for another one. */
export function createOutbox(deps: PlansDeps): Outbox {
  const { store, clock, log } = deps;
  const closing = new AbortController();
  const chains = new Map<number, Promise<void>>();
  const again = new Set<number>();
  const alarms = new Map<number, number>();

  const chain = async (planKey: number) => {
    for (;;) {
      const { action, dueAt } = store.read((sql) => nextOf(sql, planKey, clock.now()));
      if (closing.signal.aborted) return;
      if (action === null) return dueAt === null ? undefined : wakeAt(planKey, dueAt);
      if ((await carryOne(deps, action, closing.signal)) === 'held') return;
    }
  };
  const wake = (ms: number, rung: () => void) => {
    const sleeping = clock.sleep(ms, closing.signal).then(
      () => {
        rung();
        tick();
      },
      () => {}, // it stops
    );
    inBackground(log, 'outbox', sleeping);
  };
  /** One alarm for each plan, however often somebody looks meanwhile. */
  const wakeAt = (planKey: number, dueAt: number) => {
    if (alarms.get(planKey) === dueAt) return;
    alarms.set(planKey, dueAt);
    wake(dueAt - clock.now(), () => alarms.delete(planKey));
  };
  const start = (planKey: number) => {
    if (chains.has(planKey)) {
      again.add(planKey);
      return;
    }
    const running = chain(planKey)
      .catch((error: unknown) => {
        log.warn('what a plan owes could not be looked at; trying again', { err: error });
        wake(pausesMs[0] ?? 1000, () => {});
      })
      .finally(() => {
        chains.delete(planKey);
        if (again.delete(planKey) && !closing.signal.aborted) start(planKey);
      });
    chains.set(planKey, running);
  };
  const tick = () => {
    if (closing.signal.aborted) return;
    for (const repoId of store.read(reposThatOwe)) {
      const plans = new Set(store.read((sql) => pendingActions(sql, repoId)).map(({ planKey }) => planKey));
      for (const planKey of plans) start(planKey);
    }
  };

  return {
    tick,
    close: async () => {
      closing.abort(new Error('the daemon stops'));
      await Promise.all(chains.values());
    },
  };
}

/**
 * What a plan owes next, or when to look again; neither where nothing can be done. What starts somebody may be passed by
 * what was owed after it while it is paused, or held by a question; what changes the branch or ends runs keeps its place.
 * No join goes before one that was given up.
 */
function nextOf(
  sql: Sql,
  planKey: number,
  now: number,
): { readonly action: ActionRow | null; readonly dueAt: number | null } {
  const isBlocked = getPlan(sql, planKey).blockedReason !== null;
  const open = openActions(sql, planKey);
  const stuck = open.find(({ status, kind }) => status === 'dead' && kind === 'join');
  let dueAt: number | null = null;
  for (const action of open) {
    const isBehindStuck = action.kind === 'join' && stuck !== undefined && stuck.number < action.number;
    if (action.status !== 'pending' || isBehindStuck) continue;
    const isStart = startsSomething(action.data as Owed);
    if (isStart && isBlocked) continue;
    if (isDue(action, now)) return { action, dueAt: null };
    dueAt = Math.min(dueAt ?? action.dueAt, action.dueAt);
    if (!isStart) break;
  }
  return { action: null, dueAt };
}

/** Due is also what is further off than any pause: the clock has been put back since. */
function isDue({ dueAt }: ActionRow, now: number): boolean {
  return dueAt <= now || dueAt > now + Math.max(...pausesMs);
}

/** `held`: it waits for a person's decision, or for the next daemon. */
async function carryOne(
  deps: PlansDeps,
  action: ActionRow,
  closing: AbortSignal,
): Promise<'done' | 'held' | 'failed'> {
  const { store, clock, log } = deps;
  const owed = action.data as Owed;
  const { plan, state } = store.read((sql) => {
    const plan = getPlan(sql, action.planKey);
    return { plan, state: toState(plan, planTasks(sql, plan.key)) };
  });
  if (!isWanted(state, owed)) {
    await store.write((tx) => finishAction(tx, action.key, tx.now));
    return 'done';
  }
  if (state.blocked !== null && startsSomething(owed)) return 'held';
  const given = new AbortController();
  try {
    const late = clock.sleep(deadlineMs, given.signal).then(() => {
      throw new Error(`it took longer than ${deadlineMs / 60_000} minutes`);
    });
    await Promise.race([carry(deps, action, { owed, signal: closing }), late]);
    return 'done';
  } catch (error) {
    if (closing.aborted && error === closing.reason) return 'held';
    const message = isAppError(error)
      ? error.message
      : String(error instanceof Error ? error.message : error);
    const pause = isHopeless(error) ? undefined : pausesMs[action.attempts];
    log.warn('what a plan owes failed', {
      plan: plan.name,
      action: action.key,
      attempts: action.attempts + 1,
      err: error,
    });
    await store.write((tx) => {
      const dueAt = pause === undefined ? null : tx.now + pause;
      if (!failAction(tx, action.key, { error: message, dueAt })) return; // it was dropped, or done by a slower try
      const retryAt = dueAt === null ? null : new Date(dueAt).toISOString();
      tx.event({
        type: 'action.failed',
        data: { key: action.key, kind: action.kind, error: message, retry_at: retryAt },
        ...ofPlan(plan),
      });
      if (dueAt === null)
        blockPlan(tx, plan.key, `${wordsOf(owed)} failed: ${message}${adviceOn(error, plan)}`);
    });
    return 'failed';
  } finally {
    given.abort();
  }
}

function carry(
  deps: PlansDeps,
  action: ActionRow,
  { owed, signal }: { readonly owed: Owed; readonly signal: AbortSignal },
): Promise<void> {
  switch (owed.kind) {
    case 'spawn':
      return carrySpawn(deps, action, owed);
    case 'ask':
      return carryAsk(deps, action, owed);
    case 'stop':
      return carryStop(deps, action, owed);
    case 'join':
      return carryJoin(deps, action, { owed, signal });
    case 'evidence':
      return carryEvidence(deps, action, owed);
    case 'advance_branch':
      return carryAdvance(deps, action, owed);
    case 'renew_branch':
      return carryRenew(deps, action, owed);
  }
}

/** Errors that no repetition mends: a person has to do something first. */
function isHopeless(error: unknown): boolean {
  const codes = [
    'no_agent',
    'agent_unknown',
    'option_unsupported',
    'base_not_found',
    'repo_not_found',
    'plan_invalid',
    'plan_refused',
    'invalid_request',
  ] as const;
  return codes.some((code) => isAppError(error, code));
}

/** What mends it, where only a command of plans does. */
function adviceOn(error: unknown, { name }: PlanRow): string {
  return isAppError(error, 'base_not_found')
    ? `: give it another base with drover plan edit ${name} --base BRANCH, then drover plan retry ${name}`
    : '';
}

function wordsOf(owed: Owed): string {
  switch (owed.kind) {
    case 'spawn':
      return `starting the ${owed.role}${owed.task === null ? '' : ` of task ${owed.task}`}`;
    case 'ask':
      return `asking ${owed.runId}`;
    case 'join':
      return owed.task === null ? 'joining what the fixer made' : `merging task ${owed.task}`;
    case 'evidence':
      return 'running the [verify] commands';
    case 'stop':
      return 'stopping its runs';
    case 'advance_branch':
    case 'renew_branch':
      return 'moving its branch';
  }
}
