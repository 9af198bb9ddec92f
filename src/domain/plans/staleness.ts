import { inBackground } from '../../base/index.ts';
import { listPlans, openActions, type PlanHead, updatePlan } from '../../foundation/store/index.ts';
import { changePlan, ofPlan } from './change.ts';
import { daemonSays } from './daemon-says.ts';
import type { PlanFacts } from './machine/state.ts';
import { mergedAtOf, verdictOf } from './merged-at.ts';
import type { PlansDeps } from './ports.ts';

/** How often finished plans are compared with where their branches are. */
const everyMs = 5 * 60_000;

/** So that a slow repository holds up few others. */
const reposAtOnce = 4;

/** Notices that what was verified has moved since. */
export type Staleness = {
  readonly start: () => void;
  /** Looks once, now. */
  readonly look: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * Makes it. A finished plan is stale when its branch is elsewhere, or when what came to its base since the verdict touches
 * files that it changed: any other commit on the base takes nothing from a verdict. What the base has taken in whole, in
 * whatever way, is over: it is noted, and nothing that comes after it wakes the plan.
 */
export function createStaleness(deps: PlansDeps): Staleness {
  const { store, clock, log } = deps;
  const closing = new AbortController();
  const findingOf = finder(deps);
  let running: Promise<void> = Promise.resolve();

  const lookAt = async (repoId: string, plans: readonly PlanHead[]) => {
    const branches = await deps.work.branches(repoId);
    for (const plan of plans) {
      const finding = await findingOf(plan, branches).catch((error: unknown) => {
        log.debug('a finished plan could not be looked at', { plan: plan.name, err: error });
        return none; // its commit may be gone with its branch; the others are looked at
      });
      if (closing.signal.aborted) return;
      if (finding.kind === 'merged') await noteMerged(deps, plan);
      if (finding.kind === 'stale' && (await verifyAgain(deps, plan, finding)))
        log.info('a finished plan is verified again', { plan: plan.name, reason: finding.reason });
    }
  };

  const look = async () => {
    const done = store.read((sql) =>
      listPlans(sql, { repoId: null, beforeKey: null, status: 'done', limit: 0 }),
    );
    const repoIds = [...new Set(done.map((plan) => plan.repoId))];
    const lookAtNext = async () => {
      for (let repoId = repoIds.pop(); repoId !== undefined; repoId = repoIds.pop()) {
        if (closing.signal.aborted) return;
        const plans = done.filter((plan) => plan.repoId === repoId);
        // One repository that is gone or broken says nothing about the others.
        await lookAt(repoId, plans).catch((error: unknown) =>
          log.debug('finished plans could not be looked at', { repoId, err: error }),
        );
      }
    };
    await Promise.all(Array.from({ length: reposAtOnce }, lookAtNext));
  };
  const loop = async () => {
    while (!closing.signal.aborted) {
      await look().catch((error: unknown) =>
        log.warn('finished plans could not be looked at', { err: error }),
      );
      await clock.sleep(everyMs, closing.signal).catch(() => {});
    }
  };

  return {
    look,
    start: () => {
      running = loop();
      inBackground(log, 'staleness', running);
    },
    close: async () => {
      closing.abort(new Error('the daemon stops'));
      await running;
    },
  };
}

/** What became of the work of a finished plan. */
type Finding =
  | { readonly kind: 'none' }
  | { readonly kind: 'merged' }
  | { readonly kind: 'stale'; readonly reason: string; readonly head: string; readonly base: string };

const none: Finding = { kind: 'none' };

/** Remembers where nothing was found. */
function finder({ store, work }: PlansDeps) {
  const harmless = new Map<string, string>();

  return async (plan: PlanHead, branches: ReadonlyMap<string, string>): Promise<Finding> => {
    const verdict = verdictOf(plan);
    if (verdict === null || isBranchOwed(store, plan)) return none;
    const found = branches.get(plan.branch);
    const head = found ?? verdict.head; // it may be cleaned up once it is merged
    const isMoved = head !== verdict.head;
    const isMerged = mergedAtOf(plan) !== null;
    if (isMerged && !isMoved) return none;
    const base = branches.get(plan.base) ?? (await work.commitOf(plan.repoId, plan.base).catch(() => null));
    const place = `${head} ${base}`;
    if (harmless.get(plan.id) === place) return none;
    const standingOf = async (commit: string) =>
      base === null
        ? 'apart' // the base is gone: nothing comes to it any more
        : work.standing(plan.repoId, { from: verdict.base, base, head: commit });
    const standing = await standingOf(verdict.head);
    if (standing === 'merged' && (!isMoved || (await standingOf(head)) === 'merged')) {
      if (!isMerged) return { kind: 'merged' };
    } else if (!plan.isForced) {
      const stale = (reason: string): Finding => ({ kind: 'stale', reason, head, base: base ?? '' });
      if (isMoved) return stale(`its branch is at ${head.slice(0, 10)} now`);
      if (standing === 'overlap' && found !== undefined)
        return stale(`${plan.base} has changed files that it changes too`);
    }
    harmless.set(plan.id, place);
    return none;
  };
}

/** True while drover itself has still to put the branch where the verdict says. */
function isBranchOwed(store: PlansDeps['store'], { key }: PlanHead): boolean {
  return store
    .read((sql) => openActions(sql, key))
    .some(({ kind }) => kind === 'advance_branch' || kind === 'renew_branch');
}

async function noteMerged({ store, log }: PlansDeps, plan: PlanHead): Promise<void> {
  const isNoted = await store.write((tx) => {
    const written = updatePlan(tx, plan, { mergedAt: tx.now });
    if (written) tx.event({ type: 'plan.changed', data: { name: plan.name }, ...ofPlan(plan) });
    return written;
  });
  if (isNoted) log.info('the base has all of a finished plan', { plan: plan.name });
}

/** False where the plan has changed meanwhile: then nothing is done. */
async function verifyAgain(
  deps: PlansDeps,
  plan: PlanHead,
  { reason, head, base }: Extract<Finding, { readonly kind: 'stale' }>,
): Promise<boolean> {
  const settings = await deps.settingsOf(plan.repoId);
  const facts: PlanFacts = { head, base, shown: null, selfFix: null, diffHash: '' };
  const changed = await deps.store.write((tx) =>
    changePlan(tx, {
      planKey: plan.key,
      settings,
      version: plan.version,
      event: daemonSays('verification_stale', { wave: null, task: null, body: reason, facts, now: tx.now }),
    }),
  );
  return changed.ok === true;
}
