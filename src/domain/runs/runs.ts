import { inBackground } from '../../base/index.ts';
import {
  AppError,
  type Approval,
  isEnded,
  type Page,
  type ResolveApproval,
  type Run,
  type RunStatus,
  type StartRun,
} from '../../contract/index.ts';
import {
  countLiveRuns,
  findRunByName,
  getRun,
  insertRun,
  listApprovals,
  listRuns,
  liveRuns,
  type RunRow,
  resolveApproval,
  type Transaction,
  updateRun,
} from '../../foundation/store/index.ts';
import { findApproval, findRun } from './find.ts';
import { ofRun, resumeIfNothingWaits } from './follow/apply.ts';
import { cancelQueued } from './live/finish.ts';
import { type LiveRun, superviseRun } from './live/live-run.ts';
import { type NewRunContext, newRun } from './new-run.ts';
import type { EngineDeps } from './ports.ts';
import { planQueue, type QueueLimits } from './queue.ts';
import { viewApproval, viewRun } from './view.ts';

/** How long `cancel` waits for the tree before it answers that it goes on (contract §10.10). */
export const cancelAnswerMs = 10_000;
/** After a launch that the machine had no room for. */
const retryLaunchMs = 1000;

export type RunsDeps = EngineDeps & {
  readonly queueLimits: () => QueueLimits;
  readonly newRunContext: () => NewRunContext;
};

export type ListRuns = {
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly status?: RunStatus | 'live' | 'ended' | undefined;
  readonly repoId?: string | undefined;
};

/** The runs of this daemon. */
export type Runs = {
  /** Queues a run. `also` runs in the transaction that makes it durable. */
  readonly start: (request: StartRun, also?: (tx: Transaction, run: Run) => void) => Promise<Run>;
  readonly show: (ref: string) => Run;
  readonly row: (ref: string) => RunRow;
  readonly list: (options: ListRuns) => Page<Run>;
  /** `canceling` when the tree takes longer than `cancelAnswerMs`. Throws `run_ended`. */
  readonly cancel: (ref: string, by: string) => Promise<'canceled' | 'canceling'>;
  readonly approvals: (options: {
    status: 'pending' | 'past' | 'all';
    limit: number;
    cursor: string | undefined;
  }) => Page<Approval>;
  readonly resolve: (ref: string, body: ResolveApproval, by: string) => Promise<Approval>;
  readonly counts: () => ReadonlyMap<RunStatus, number>;
  /** Takes over every run that has left the queue, and starts the queue. Call once, before the daemon is ready. */
  readonly recover: () => void;
  /** Looks at the queue again: limits may have changed. */
  readonly tick: () => void;
  /** Stops following, starts nothing more; the runs themselves go on. */
  readonly detach: () => Promise<void>;
};

/** Makes the engine; nothing moves before `recover`. */
export function createRuns(deps: RunsDeps): Runs {
  const { store, clock, log } = deps;
  const live = new Map<number, LiveRun>();
  let isDetached = false;
  let ticking: Promise<void> | null = null;
  let tickAgain = false;

  const supervise = (key: number) => {
    const run = superviseRun(deps, key);
    live.set(key, run);
    inBackground(log, 'run', watchEnd(run));
  };

  const watchEnd = async (run: LiveRun) => {
    try {
      const end = await run.done;
      if (typeof end === 'object') await requeue(run.key, end.later);
    } finally {
      live.delete(run.key);
      tick();
    }
  };

  const requeue = async (key: number, reason: string) => {
    await store.write((tx) => updateRun(tx, key, { status: 'queued', reason: `${reason}; trying again` }));
    await clock.sleep(retryLaunchMs);
  };

  const tick = () => {
    if (isDetached) return;
    if (ticking !== null) {
      tickAgain = true;
      return;
    }
    ticking = runQueue().finally(() => {
      ticking = null;
      if (!tickAgain) return;
      tickAgain = false;
      tick();
    });
    inBackground(log, 'queue', ticking);
  };

  const runQueue = async () => {
    const runs = store.read(liveRuns).filter((run) => run.status !== 'queued' || !live.has(run.key));
    const plan = planQueue(runs, deps.queueLimits());
    const changed = runs.filter(
      (run) => plan.waiting.has(run.key) && plan.waiting.get(run.key) !== run.reason,
    );
    if (plan.launch.length === 0 && changed.length === 0) return;
    const launched = await store.write((tx) => {
      for (const run of changed) sayWhyQueued(tx, run.key, plan.waiting.get(run.key) ?? null);
      return plan.launch.filter((key) => {
        if (getRun(tx, key).status !== 'queued') return false; // cancelled meanwhile
        updateRun(tx, key, { status: 'starting', reason: null });
        return true;
      });
    });
    if (!isDetached) for (const key of launched) supervise(key);
  };

  const start: Runs['start'] = async (request, also) => {
    const row = await newRun(request, deps.newRunContext());
    const run = await store.write((tx) => {
      if (row.name !== null && row.name !== undefined) refuseTakenName(tx, row.name);
      const key = insertRun(tx, row);
      const inserted = getRun(tx, key);
      tx.event({
        type: 'run.queued',
        data: { agent: inserted.agent, prompt: inserted.prompt, reason: null },
        source: 'person',
        ...ofRun(inserted),
      });
      const view = viewRun(inserted);
      also?.(tx, view);
      return view;
    });
    tick();
    return run;
  };

  const cancel: Runs['cancel'] = async (ref, by) => {
    const run = store.read((sql) => findRun(sql, ref));
    if (isEnded(run.status)) throw ended(run);
    const reason = `Canceled by ${by}`;
    if (await store.write((tx) => cancelQueued(tx, run.key, reason))) return 'canceled';
    const supervised = live.get(run.key);
    if (supervised === undefined) throw ended(store.read((sql) => getRun(sql, run.key)));
    await supervised.stop('cancel', reason);
    const isGone = await within(supervised.done, cancelAnswerMs, deps);
    return isGone ? 'canceled' : 'canceling';
  };

  const resolve: Runs['resolve'] = async (ref, body, by) => {
    const approval = store.read((sql) => findApproval(sql, ref));
    const status = ({ allow: 'allowed', deny: 'denied', answer: 'answered' } as const)[body.decision];
    const optionId = checkedOption(approval.options, body);
    const supervised = live.get(approval.runKey);
    if (approval.status !== 'pending' || supervised === undefined)
      throw resolved(approval.id, approval.status);
    const answer = {
      decision: body.decision,
      always: body.always ?? false,
      optionId,
      text: body.text ?? null,
    };
    await supervised.answer(approval.agentKey, answer, (tx) => {
      const reason = body.reason ?? body.text ?? null;
      if (!resolveApproval(tx, approval.id, { status, by, reason, at: tx.now }))
        throw resolved(approval.id, 'resolved');
      const run = getRun(tx, approval.runKey);
      tx.event({
        type: 'approval.resolved',
        data: { approval_id: approval.id, status, resolved_by: by, reason },
        source: 'person',
        ...ofRun(run),
      });
      resumeIfNothingWaits(tx, run);
    });
    return viewApproval(store.read((sql) => findApproval(sql, approval.id)));
  };

  return {
    start,
    show: (ref) => viewRun(store.read((sql) => findRun(sql, ref))),
    row: (ref) => store.read((sql) => findRun(sql, ref)),
    list: ({ limit, cursor, status, repoId }) => {
      const beforeKey = cursor === undefined ? null : store.read((sql) => findRun(sql, cursor)).key;
      const rows = store.read((sql) =>
        listRuns(sql, {
          beforeKey,
          status: status ?? null,
          repoId: repoId ?? null,
          limit: limit === 0 ? 0 : limit + 1,
        }),
      );
      return pageOf(rows, limit, viewRun, (run) => run.id);
    },
    cancel,
    approvals: ({ status, limit, cursor }) => {
      const rows = store.read((sql) =>
        listApprovals(sql, { status, cursor: cursor ?? null, limit: limit === 0 ? 0 : limit + 1 }),
      );
      return pageOf(rows, limit, viewApproval, (approval) => approval.id);
    },
    resolve,
    counts: () => store.read(countLiveRuns),
    recover: () => {
      for (const run of store.read(liveRuns)) if (run.status !== 'queued') supervise(run.key);
      tick();
    },
    tick,
    detach: async () => {
      isDetached = true;
      await ticking?.catch(() => {}); // logged by inBackground
      await Promise.all([...live.values()].map((run) => run.detach()));
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

function refuseTakenName(tx: Transaction, name: string): void {
  const other = findRunByName(tx, name);
  if (other === undefined || other.endedAt !== null) return;
  throw new AppError('name_taken', `The live run ${other.id} is named '${name}' already`, {
    hint: 'choose another name, or cancel that run',
  });
}

function ended(run: RunRow): AppError {
  return new AppError('run_ended', `The run ${run.id} has ended already: ${run.status}`);
}

function resolved(id: string, status: string): AppError {
  return new AppError(
    'approval_resolved',
    `The approval ${id} was ${status === 'pending' ? 'left by its run' : `${status} already`}`,
    {
      hint: 'the first answer wins; drover approvals shows what waits',
    },
  );
}

function checkedOption(options: Approval['options'], body: ResolveApproval): string | null {
  if (body.option_id === undefined) return null;
  if (options.some((option) => option.id === body.option_id)) return body.option_id;
  throw new AppError('invalid_request', `This approval has no option '${body.option_id}'`, {
    hint: `it has ${options.map((option) => option.id).join(', ') || 'none'}`,
  });
}

function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => Item,
  cursorOf: (item: Item) => string,
): Page<Item> {
  const hasMore = limit > 0 && rows.length > limit;
  const items = (hasMore ? rows.slice(0, limit) : rows).map(view);
  const last = items.at(-1);
  return { items, next_cursor: hasMore && last !== undefined ? cursorOf(last) : null };
}

async function within(
  work: Promise<unknown>,
  ms: number,
  { clock }: Pick<EngineDeps, 'clock'>,
): Promise<boolean> {
  const stop = new AbortController();
  const timer = clock.sleep(ms, stop.signal).then(
    () => false,
    () => false,
  );
  const done = work.then(
    () => true,
    () => true,
  );
  const isDone = await Promise.race([done, timer]);
  stop.abort(new Error('no longer waited for'));
  return isDone;
}
