import { inBackground, localDay } from '../../base/index.ts';
import {
  AppError,
  type Approval,
  isEnded,
  type Page,
  type ResolveApproval,
  type RetryRun,
  type Run,
  type RunStatus,
  type SentInput,
  type StartRun,
} from '../../contract/index.ts';
import {
  countLiveRuns,
  getRun,
  insertRun,
  liveRuns,
  queueRows,
  type RunRow,
  type Transaction,
  updateRun,
} from '../../foundation/store/index.ts';
import { takesCommand } from '../agents/index.ts';
import { approve } from './approve.ts';
import { whyNotToday } from './budget.ts';
import { cancelRun } from './cancel.ts';
import { createDayChange } from './day-change.ts';
import { createExpiry } from './expire.ts';
import { findApproval, findRun } from './find.ts';
import { ofRun } from './follow/waiting.ts';
import { type ListApprovals, type ListRuns, pageOfApprovals, pageOfRuns } from './list.ts';
import { freeName, refuseTakenName } from './live-name.ts';
import { agentName, type NewRun, newRun } from './new-run.ts';
import type { NewRunContext } from './new-run-context.ts';
import type { EngineDeps } from './ports.ts';
import { planQueue, type QueueLimits } from './queue.ts';
import { retryRun, sessionToResume } from './retry.ts';
import { sendInput } from './send.ts';
import { findSession, hasSession, ownerOf } from './session.ts';
import { createSupervisors } from './supervisors.ts';
import { viewApproval, viewRun } from './view.ts';

/** After a look at the queue that failed, as on a full disk. */
const retryQueueMs = 1000;

export type RunsDeps = EngineDeps & {
  readonly queueLimits: () => Omit<QueueLimits, 'whyNotToday'>;
  readonly newRunContext: () => NewRunContext;
};

/** The runs of this daemon. */
export type Runs = {
  /**
   * Queues a run. `also` runs in the transaction that makes it durable, and what it throws queues nothing; `env` is added
   * to the environment of the agent.
   */
  readonly start: (
    request: StartRun,
    also?: (tx: Transaction, run: Run) => void,
    env?: Readonly<Record<string, string>>,
  ) => Promise<Run>;
  /** Queues a run that tries again what an ended one was asked. Throws `run_live`. */
  readonly retry: (
    ref: string,
    request: RetryRun,
    also?: (tx: Transaction, run: Run) => void,
  ) => Promise<Run>;
  readonly show: (ref: string) => Run;
  readonly row: (ref: string) => RunRow;
  /** True for an ended run whose agent can be asked again in the conversation that it had. */
  readonly canGoOn: (run: RunRow) => boolean;
  readonly list: (options: ListRuns) => Page<Run>;
  /** `canceling` when the tree takes longer than `cancelAnswerMs`. Throws `run_ended`. */
  readonly cancel: (ref: string, by: string) => Promise<'canceled' | 'canceling'>;
  readonly approvals: (options: ListApprovals) => Page<Approval>;
  readonly approval: (ref: string) => Approval;
  readonly resolve: (ref: string, body: ResolveApproval, by: string) => Promise<Approval>;
  /** Takes a message for the agent at work. `also` runs in the transaction that makes it durable. */
  readonly send: (
    ref: string,
    text: string,
    also?: (tx: Transaction, sent: SentInput) => void,
  ) => Promise<SentInput>;
  readonly counts: () => ReadonlyMap<RunStatus, number>;
  /** Takes over every run that has left the queue, and starts the queue. Call once, before the daemon is ready. */
  readonly recover: () => void;
  /** Looks at the queue again: limits may have changed. */
  readonly tick: () => void;
  /** Stops following, starts nothing more; the runs themselves go on. */
  readonly detach: () => Promise<void>;
};

/** Makes the engine; nothing moves before `recover` or a start. */
export function createRuns(deps: RunsDeps): Runs {
  const { store, clock, log } = deps;
  const view = (row: RunRow) => viewRun(row, deps.launch);
  const detached = new AbortController();
  let ticking: Promise<void> | null = null;
  let tickAgain = false;

  const tick = () => {
    if (detached.signal.aborted) return;
    if (ticking !== null) {
      tickAgain = true;
      return;
    }
    ticking = runQueue()
      .catch((error: unknown) => {
        log.warn('the queue could not be looked at; trying again', { err: error });
        inBackground(
          log,
          'queue',
          clock.sleep(retryQueueMs, detached.signal).then(tick, () => {}),
        );
      })
      .finally(() => {
        ticking = null;
        if (!tickAgain) return;
        tickAgain = false;
        tick();
      });
  };
  const supervisors = createSupervisors(deps, { onFree: tick, onAsked: () => expiry.look() });
  const dayChange = createDayChange({ clock, log, signal: detached.signal, onChange: tick });
  const expiry = createExpiry({ store, clock, log, supervisors });

  const runQueue = async () => {
    const runs = store.read(queueRows);
    const today = store.read((sql) => whyNotToday(sql, deps.budget(), localDay(clock.now())));
    const limits = { ...deps.queueLimits(), whyNotToday: today };
    const plan = planQueue(runs, limits, supervisors.isHeld);
    if (today !== null && plan.waiting.size > 0) dayChange.wait();
    const changed = runs.filter(
      (run) => plan.waiting.has(run.key) && plan.waiting.get(run.key) !== run.reason,
    );
    if (plan.launch.length === 0 && changed.length === 0) return;
    const launched = await store.write((tx) => {
      for (const { key } of changed) sayWhyQueued(tx, key, plan.waiting.get(key) ?? null);
      const ready = plan.launch.filter((key) => getRun(tx, key).status === 'queued'); // else cancelled meanwhile
      for (const key of ready) updateRun(tx, key, { status: 'starting', reason: null });
      return ready;
    });
    if (detached.signal.aborted) return; // the next daemon finds them starting
    for (const key of launched) supervisors.of(key);
  };

  const queue = async (
    row: NewRun,
    { nameOf, also }: { nameOf: (tx: Transaction) => string | null; also: Parameters<Runs['start']>[1] },
  ) => {
    if (row.runtime === 'terminal') deps.launch.assertTerminal(row.id);
    const run = await store.write((tx) => {
      const key = insertRun(tx, { ...row, name: nameOf(tx) });
      const inserted = getRun(tx, key);
      ownerOf(tx, inserted); // retention may have taken it since we looked
      tx.event({
        type: 'run.queued',
        data: { agent: inserted.agent, prompt: inserted.prompt, reason: null },
        source: 'person',
        ...ofRun(inserted),
      });
      const made = view(inserted);
      also?.(tx, made);
      return made;
    });
    tick();
    return run;
  };

  const start: Runs['start'] = async (request, also, env = {}) => {
    const { session_id: ref } = request;
    const session =
      ref === undefined ? null : store.read((sql) => findSession(sql, ref, agentName(request) ?? null));
    const row = await newRun(request, deps.newRunContext(), session);
    const given = { ...row, agentEnv: { ...row.agentEnv, ...env } };
    return queue(given, { nameOf: (tx) => refuseTakenName(tx, row.name ?? null), also });
  };

  const retry: Runs['retry'] = async (ref, request, also) => {
    const old = store.read((sql) => findRun(sql, ref));
    if (!isEnded(old.status)) throw stillLive(old);
    const session = store.read((sql) => sessionToResume(sql, old, request));
    const row = await retryRun(old, request, { context: deps.newRunContext(), session });
    return queue(row, { nameOf: (tx) => freeName(tx, old.name), also });
  };

  return {
    start,
    retry,
    show: (ref) => view(store.read((sql) => findRun(sql, ref))),
    row: (ref) => store.read((sql) => findRun(sql, ref)),
    canGoOn: (run) => !takesCommand(run.runtime) && store.read((sql) => hasSession(sql, run)),
    list: (options) => pageOfRuns(store, options, view),
    cancel: (ref, by) => cancelRun(ref, { store, clock, supervisors, by }),
    approvals: (options) => pageOfApprovals(store, options),
    approval: (ref) => viewApproval(store.read((sql) => findApproval(sql, ref))),
    resolve: (ref, body, by) => approve(ref, body, { store, supervisors, by }),
    send: (ref, text, also) =>
      sendInput(ref, text, {
        store,
        clock,
        supervisors,
        adapterOf: deps.adapterOf,
        budget: deps.budget,
        also,
      }),
    counts: () => store.read(countLiveRuns),
    recover: () => {
      for (const run of store.read(liveRuns)) if (run.status !== 'queued') supervisors.of(run.key);
      expiry.start();
      tick();
    },
    tick,
    detach: async () => {
      detached.abort(new Error('the daemon stops'));
      await ticking;
      await Promise.all([supervisors.detach(), expiry.close()]);
    },
  };
}

/** Readers see in the journal why a run does not start, also those that came before it had to wait. */
function sayWhyQueued(tx: Transaction, key: number, reason: string | null): void {
  const run = getRun(tx, key);
  if (run.status !== 'queued') return; // cancelled meanwhile
  updateRun(tx, key, { reason });
  const data = { agent: run.agent, prompt: run.prompt, reason };
  tx.event({ type: 'run.queued', data, source: 'daemon', ...ofRun(run) });
}

function stillLive(run: RunRow): AppError {
  return new AppError('run_live', `The run ${run.id} has not ended: it is ${run.status}`, {
    hint: `wait for it, or cancel it: drover runs cancel ${run.id}`,
  });
}
