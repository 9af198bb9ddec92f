import { basename } from 'node:path';
import { type Clock, inBackground, type Log, settledWithin } from '../base/index.ts';
import type { Plans } from '../domain/plans/index.ts';
import {
  type ClaimedSignal,
  createInbox,
  createSignalWatch,
  formatSignalName,
  makeSignalFolder,
  parseSignalName,
  type RefusedFile,
  signalParents,
} from '../domain/signals/index.ts';
import {
  findPlan,
  findPlanRun,
  getPlan,
  listRepos,
  planCountsByRepo,
  planPlaces,
  type Store,
} from '../foundation/store/index.ts';
import { createRefusalRate } from './refusal-rate.ts';

export type PlanSignalsOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly plans: Plans;
  /** What git tracks at or below these folders of a run's worktree, or of the checkout; null while it cannot say. */
  readonly findTracked: (
    of: { readonly repoId: string; readonly runId: string | null },
    folders: readonly string[],
  ) => Promise<readonly string[] | null>;
  readonly pollMs: () => number;
};

/**
 * Where a run is at work, each poll looks at the files. Everywhere else the watches tell, and each so many polls make up
 * for what they did not.
 */
const pollsPerSweep = 30;
/** So long anybody waits for the files of one place: its file system may hang. */
const collectMs = 10_000;

/** Where files with signals are looked for, and whose they are. */
type Root = {
  readonly repoId: string;
  readonly runIds: readonly string[];
  readonly isCheckout: boolean;
  /** A run is at work here; for a checkout: somewhere in its repository. */
  readonly isLive: boolean;
};

/** Brings files with signals to their plans: at once by watching, and at the latest with the next look. */
export type PlanSignals = {
  /**
   * Looks at the files of a worktree, now: before somebody judges that nothing was said there. Rejects when that takes too
   * long.
   */
  readonly collect: (path: string) => Promise<void>;
  readonly start: () => void;
  readonly close: () => Promise<void>;
};

/** Makes it; nothing is looked at before `start`. */
export function createPlanSignals(options: PlanSignalsOptions): PlanSignals {
  const { store, clock, log, plans } = options;
  const closing = new AbortController();
  const busy = new Map<string, Promise<void>>();
  /** Where a look is to come that has not begun. */
  const coming = new Set<string>();
  let roots: ReadonlyMap<string, Root> = new Map();
  /** False as long as nothing was committed that could have changed the roots. */
  let isStale = true;

  const rootAt = (path: string) => (isStale ? findRoots(options) : roots).get(path);
  /** A name that an agent has got wrong is told to whoever looks after its plan. */
  const noteRefused = (path: string, files: readonly RefusedFile[]) => {
    const root = rootAt(path);
    if (root !== undefined) inBackground(log, 'signals', journalRefused(store, root, files));
  };
  const findTracked = async (path: string) => {
    const root = rootAt(path);
    if (root === undefined) return null;
    const { repoId, isCheckout } = root;
    return options.findTracked({ repoId, runId: isCheckout ? null : basename(path) }, signalParents);
  };
  const rate = createRefusalRate(clock);
  const inbox = createInbox({ clock, log, findTracked, onRefused: noteRefused });
  const apply = async (root: Root, said: ClaimedSignal) => {
    const { id, event, plan, wave, task, body } = said;
    const speaker = root.isCheckout
      ? ({ kind: 'checkout' } as const)
      : ({ kind: 'worktree', runIds: root.runIds } as const);
    const { repoId } = root;
    const keepsRefusal = !rate.isOver(said.root);
    const of = { id, repoId, plan, event, wave, task, body };
    const done = await plans.receiveFile({ ...of, speaker, keepsRefusal });
    if (done.status === 'done') return inbox.done(said);
    rate.note(said.root, formatSignalName(said));
    await inbox.refuse(said, done.reason ?? 'refused');
  };
  const collect = async (path: string) => {
    const root = rootAt(path);
    if (root === undefined) return;
    const waiting: { readonly said: ClaimedSignal; readonly error: unknown }[] = [];
    for (const said of await inbox.claim(path)) {
      try {
        await apply(root, said);
      } catch (error) {
        await inbox.release(said); // the next look gives it out again, under the same id
        waiting.push({ said, error });
      }
    }
    const [first] = waiting;
    if (first === undefined) return;
    const { said, error } = first;
    log.warn('signals wait: they could not be applied', {
      path,
      signals: waiting.length,
      file: said.file,
      plan: said.plan,
      err: error,
    });
  };
  /** Resolves when all that lay there at the call has been looked at. */
  const collectNow = async (path: string): Promise<void> => {
    await busy.get(path);
    const begun = busy.get(path);
    if (begun !== undefined) return begun; // somebody else waited too, and has begun since the call
    coming.delete(path);
    if (closing.signal.aborted) return;
    const running = collect(path)
      .catch((error: unknown) => log.warn('signals could not be looked at', { path, err: error }))
      .finally(() => {
        busy.delete(path);
      });
    busy.set(path, running);
    await running;
  };
  /** What has changed while somebody looks is looked at afterwards. */
  const look = (path: string) => {
    if (coming.has(path)) return;
    coming.add(path);
    inBackground(log, 'signals', collectNow(path));
  };
  const watch = createSignalWatch({ log, onChange: look });

  const begin = async (path: string, { isCheckout }: Root) => {
    // The checkout is the person's: nothing is made there.
    if (!isCheckout) await makeSignalFolder(path).catch(() => {});
    if (closing.signal.aborted || !roots.has(path)) return;
    watch.watch(path);
    look(path);
  };
  const refresh = () => {
    if (!isStale) return;
    const found = findRoots(options);
    isStale = false;
    for (const path of roots.keys()) if (!found.has(path)) watch.unwatch(path);
    const fresh = [...found].filter(([path]) => !roots.has(path));
    roots = found;
    for (const [path, root] of fresh) inBackground(log, 'signals', begin(path, root));
  };
  const tellMore = (path: string, { more, last }: { readonly more: number; readonly last: string }) => {
    const reason = `${more} more signals were refused here than are listed: this is the last of them`;
    log.warn('signals were refused faster than they are listed', { path, more });
    noteRefused(path, [{ name: last, reason }]);
  };
  const lookAround = (isSweep: boolean) => {
    refresh();
    rate.settle(tellMore);
    const isDue = (path: string) => isSweep || roots.get(path)?.isLive === true;
    inBackground(log, 'signals', watch.look(isDue, look));
    plans.tick();
  };
  const poll = async () => {
    for (let polls = 1; !closing.signal.aborted; polls += 1) {
      try {
        lookAround(polls % pollsPerSweep === 0);
      } catch (error) {
        log.warn('signals could not be looked for', { err: error });
      }
      await clock.sleep(options.pollMs(), closing.signal).catch(() => {});
    }
  };
  let polling: Promise<void> | null = null;
  const soon = () => {
    try {
      refresh();
    } catch {
      // the next poll tries again, and says why
    }
  };
  store.onCommit((events) => {
    if (events.length > 0) isStale = true;
    const isNews = events.some(({ type }) => type === 'worktree.created' || type === 'plan.transition');
    if (polling !== null && !closing.signal.aborted && isNews) soon();
  });

  return {
    collect: async (path) => {
      if (await settledWithin(collectNow(path), collectMs, clock)) return;
      throw new Error(`the signals in ${path} could not be looked at in ${collectMs / 1000} seconds`);
    },
    start: () => {
      polling = poll();
    },
    close: async () => {
      closing.abort(new Error('the daemon stops'));
      await polling;
      watch.close();
      await settledWithin(Promise.all(busy.values()), collectMs, clock);
    },
  };
}

/** Journals files that are no signals: of the plan whose run works there; in a checkout, of the plan that they name. */
function journalRefused(
  store: Store,
  { repoId, runIds }: Root,
  files: readonly RefusedFile[],
): Promise<void> {
  return store.write((tx) => {
    const run = findPlanRun(tx, runIds.at(-1) ?? '');
    for (const { name: file, reason } of files) {
      const named = run === undefined ? parseSignalName(file)?.plan : undefined;
      const plan = run === undefined ? findPlan(tx, repoId, named ?? '') : getPlan(tx, run.planKey);
      if (plan === undefined) continue;
      const { id, name } = plan;
      const data = { signal_id: null, plan: name, event: null, file, reason };
      tx.event({ type: 'signal.failed', data, source: 'daemon', repoId, planId: id });
    }
  });
}

/** The checkouts of all repositories, and the worktrees of the runs of plans at work. */
function findRoots({ store }: PlanSignalsOptions): ReadonlyMap<string, Root> {
  const roots = new Map<string, Root>();
  const places = store.read(planPlaces);
  for (const { repoId, runId, worktree, isLive } of places) {
    const known = roots.get(worktree);
    roots.set(worktree, {
      repoId,
      runIds: [...(known?.runIds ?? []), runId],
      isCheckout: false,
      isLive: isLive || known?.isLive === true,
    });
  }
  const live = new Set(places.filter(({ isLive }) => isLive).map(({ repoId }) => repoId));
  // Where drover has no plan another program may read the same folder.
  const planned = store.read(planCountsByRepo);
  for (const { id, path } of store.read(listRepos).filter((repo) => planned.has(repo.id)))
    roots.set(path, { repoId: id, runIds: [], isCheckout: true, isLive: live.has(id) });
  return roots;
}
