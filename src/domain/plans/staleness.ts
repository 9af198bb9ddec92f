import { inBackground } from '../../base/index.ts';
import { listPlans, type PlanHead } from '../../foundation/store/index.ts';
import { changePlan } from './change.ts';
import type { PlansDeps } from './ports.ts';
import type { PlanFacts } from './state.ts';

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
 * Makes it. A finished plan is stale when its branch is elsewhere, or when what came to its base since touches files that
 * it changed: any other commit on the base takes nothing from a verdict.
 */
export function createStaleness(deps: PlansDeps): Staleness {
  const { store, clock, log, work } = deps;
  const closing = new AbortController();
  /** The bases that were found to be harmless. */
  const harmless = new Map<string, string>();
  let running: Promise<void> = Promise.resolve();

  const why = async (plan: PlanHead, branches: ReadonlyMap<string, string>): Promise<string | null> => {
    const { verification } = plan;
    const head = branches.get(plan.branch);
    if (verification === null || plan.isForced || head === undefined) return null; // its branch was cleaned up
    if (head !== verification.head) return `its branch is at ${head.slice(0, 10)} now`;
    const base = branches.get(plan.base);
    if (base === undefined || base === verification.base || harmless.get(plan.id) === base) return null;
    if (await work.overlaps(plan.repoId, { from: verification.base, base, head }))
      return `${plan.base} has changed files that it changes too`;
    harmless.set(plan.id, base);
    return null;
  };

  const lookAt = async (repoId: string, plans: readonly PlanHead[]) => {
    const branches = await work.branches(repoId);
    for (const plan of plans) {
      const reason = await why(plan, branches);
      if (reason === null || closing.signal.aborted) continue;
      const settings = await deps.settingsOf(repoId);
      const head = branches.get(plan.branch) ?? '';
      const facts: PlanFacts = {
        head,
        base: branches.get(plan.base) ?? '',
        shown: null,
        selfFix: null,
        diffHash: '',
      };
      await store.write((tx) =>
        changePlan(tx, {
          planKey: plan.key,
          settings,
          version: plan.version,
          event: {
            name: 'verification_stale',
            by: 'daemon',
            who: 'daemon',
            wave: null,
            task: null,
            body: reason,
            tasks: null,
            facts,
            idleTasks: [],
            hasTrouble: false,
            now: tx.now,
          },
        }),
      );
      log.info('a finished plan is verified again', { plan: plan.name, reason });
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
        const plans = done.filter((plan) => plan.repoId === repoId && plan.verification !== null);
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
