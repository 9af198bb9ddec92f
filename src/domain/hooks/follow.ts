import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Log } from '../../base/index.ts';
import {
  type CommittedEvent,
  type EventRow,
  findPlan,
  firstEventOf,
  type HookRow,
  type Store,
  type Transaction,
  updateHook,
} from '../../foundation/store/index.ts';
import type { Delivering } from './deliver.ts';
import { type Delivery, toDelivery } from './delivery.ts';
import { type Hook, nameOf } from './hook.ts';
import { afterTry, type Outcome, pauseUntilDue, warningOf } from './retry.ts';

/** Rows that are looked at before everything else gets its turn: some two milliseconds. */
const rowsAtOnce = 4000;
/** A place in the journal that moved without a delivery is written down this rarely. */
const saveEveryRows = 50_000;
/** What the disk refused, or went wrong in some other way, is tried again after this long. */
const troublePauseMs = 5000;

export type FollowDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly profile: string;
  readonly delivering: Delivering;
  readonly pausesMs: readonly number[];
  /** A sentence for `status`, or null when all is well. */
  readonly onWarning: (key: string, text: string | null) => void;
};

/** A hook on its way along the journal. */
export type Follower = {
  /** Takes up what has changed of its configuration, and then tries at once what waits for another try. */
  readonly update: (hook: Hook) => void;
  /** Says that these events were committed. */
  readonly nudge: (events: readonly CommittedEvent[]) => void;
  /** Begins nothing more; what is under way may take `graceMs` and is then cut short, as if it had not begun. */
  readonly stop: (graceMs: number) => Promise<void>;
};

/**
 * Follows the journal for one hook, from where `known` says: finds its next event, delivers it, and only then writes down
 * that it is done. A crash between the two delivers once more.
 */
export function follow(deps: FollowDeps, first: Hook, known: HookRow): Follower {
  const { store, clock, log, delivering } = deps;
  const closing = new AbortController();
  const cutting = new AbortController();
  let hook = first;
  let row = known;
  let changed = new AbortController();
  /** Everything up to here was looked at. */
  let scanned = known.seq;
  let hasNews = true;
  let wake: (() => void) | null = null;

  const warn = () => deps.onWarning(`hook:${hook.key}`, warningOf(hook, row) ?? problemOf(hook));
  const problemOf = (of: Hook) => {
    const problem = delivering.problemOf(of);
    return problem === null ? null : `The hook ${nameOf(of)} can deliver nothing: ${problem}`;
  };
  const rouse = () => {
    hasNews = true;
    wake?.();
  };
  const news = async () => {
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (hasNews || closing.signal.aborted) resolve();
    });
    wake = null;
  };
  const pause = (ms: number, ...signals: readonly AbortSignal[]) =>
    clock.sleep(ms, AbortSignal.any([...signals])).catch(() => {}); // cut short: who paused looks around

  const save = async (next: HookRow, also?: (tx: Transaction) => void) => {
    row = next;
    while (!cutting.signal.aborted) {
      try {
        await store.write((tx) => {
          updateHook(tx, next);
          also?.(tx);
        });
        return;
      } catch (error) {
        log.warn('how far a hook is could not be written down; trying again', { hook: hook.key, err: error });
        await pause(troublePauseMs, cutting.signal);
      }
    }
  };

  const findNext = async (): Promise<EventRow | undefined> => {
    const upTo = store.lastSeq();
    while (scanned < upTo && !closing.signal.aborted) {
      const span = { after: scanned, upTo: Math.min(upTo, scanned + rowsAtOnce) };
      const types = [...hook.types];
      const projects = hook.config.repos ?? null;
      const found = store.read((sql) => firstEventOf(sql, { ...span, types, projects }));
      if (found !== undefined) return found;
      scanned = span.upTo;
      if (scanned < upTo) await setImmediate();
    }
    return undefined;
  };

  const prepare = (event: EventRow): Delivery => {
    const { repoId, planId } = event;
    const plan =
      repoId === null || planId === null ? undefined : store.read((sql) => findPlan(sql, repoId, planId));
    return toDelivery(hook, { row: event, plan: plan?.name ?? null, profile: deps.profile });
  };

  const settle = async (to: Hook, event: EventRow, outcome: Outcome) => {
    const { seq, type } = event;
    const next = afterTry(row, { seq, outcome, now: clock.now(), pauses: deps.pausesMs });
    const wasFailing = row.error !== null;
    scanned = next.row.seq;
    if (outcome.kind === 'delivered') {
      if (wasFailing) log.info('a hook delivers again', { hook: to.key, target: to.target, seq });
      return save(next.row);
    }
    const { error } = outcome;
    const about = { hook: to.key, target: to.target, seq, type, reason: error };
    log.warn(next.isGivenUp ? 'a hook gave up an event' : 'a hook failed', about);
    if (!next.isGivenUp) return save(next.row);
    const data = { hook: to.key, target: to.target, event_seq: seq, event_type: type, error };
    return save(next.row, (tx) => tx.event({ type: 'hook.failed', data, source: 'daemon' }));
  };

  /** One step along the journal; false when there is nothing to do for now. */
  const step = async (): Promise<boolean> => {
    const pauseMs = pauseUntilDue(row, clock.now(), deps.pausesMs);
    if (pauseMs > 0) await pause(pauseMs, closing.signal, changed.signal);
    hasNews = false;
    const event = await findNext();
    if (closing.signal.aborted) return false;
    if (event === undefined) {
      if (scanned - row.seq >= saveEveryRows) await save({ ...row, seq: scanned });
      return hasNews;
    }
    changed = new AbortController();
    const to = hook;
    const outcome = await delivering.deliver(to, prepare(event), cutting.signal);
    if (cutting.signal.aborted) return false; // whether it arrived is not known: it is delivered again
    await settle(to, event, outcome);
    warn();
    return true;
  };

  const run = async () => {
    warn();
    while (!closing.signal.aborted) {
      try {
        if (!(await step())) await news();
      } catch (error) {
        log.error('a hook could not go on; trying again', { hook: hook.key, err: error });
        await pause(troublePauseMs, closing.signal);
      }
    }
    if (scanned > row.seq) await save({ ...row, seq: scanned });
  };
  const running = run();

  return {
    update: (next) => {
      if (isDeepStrictEqual(next.config, hook.config)) return;
      hook = next;
      row = { ...row, dueAt: 0 };
      changed.abort();
      rouse();
      warn();
    },
    nudge: (events) => {
      if (events.some(({ type }) => hook.types.has(type))) return rouse();
      const isIdle = wake !== null && !hasNews;
      if (isIdle) scanned = events.at(-1)?.seq ?? scanned;
      if (isIdle && scanned - row.seq >= saveEveryRows) rouse();
    },
    stop: async (graceMs) => {
      closing.abort();
      wake?.();
      const timer = new AbortController();
      const late = clock.sleep(graceMs, timer.signal).then(
        () => cutting.abort(),
        () => {},
      );
      await running;
      timer.abort();
      await late;
      deps.onWarning(`hook:${hook.key}`, null);
    },
  };
}
