import type { Clock } from '../../base/index.ts';
import { AppError, isAppError, type RegisterWorker, type Worker } from '../../contract/index.ts';
import { type RunRow, type Store, workingRuns } from '../../foundation/store/index.ts';
import type { Meter, Usage } from './meter.ts';
import type { Remotes } from './remotes.ts';
import { viewRemote, viewRunWorker } from './view.ts';

export type WorkersDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly remotes: Remotes;
  /** The run of an id, prefix or name, ended ones too. Throws `run_not_found` or `ambiguous_id`. */
  readonly findRun: (ref: string) => RunRow;
  readonly folder: (runId: string) => string;
  /** The name of this machine. */
  readonly host: string;
};

/** Whom a reference means. A run may be ended, or wait in the queue. */
export type FoundWorker =
  | { readonly kind: 'run'; readonly run: RunRow }
  | { readonly kind: 'remote'; readonly name: string; readonly url: string };

/** What a live run has taken so far. */
export type WorkerFigures = {
  readonly run_id: string;
  readonly pid: number;
  readonly cwd: string | null;
  readonly age_sec: number | null;
  readonly rss_bytes: number | null;
  readonly cpu_seconds: number | null;
};

/** The workers of this daemon. */
export type Workers = {
  /** Runs that have left the queue and not ended, oldest first, then remote workers by name. */
  readonly list: () => Promise<readonly Worker[]>;
  /** Throws `worker_not_found` also for a run that is no worker: it waits or has ended. */
  readonly show: (ref: string) => Promise<Worker>;
  /** By pid, id, prefix or name. Throws `worker_not_found`, or `ambiguous_id` where two are meant. */
  readonly find: (ref: string) => Promise<FoundWorker>;
  readonly register: (body: RegisterWorker) => { readonly worker: Worker; readonly isNew: boolean };
  readonly forget: (name: string) => void;
  /** Of every run with a process, without waiting for a rate. */
  readonly figures: () => Promise<readonly WorkerFigures[]>;
};

/** Makes them. Nothing is measured before somebody asks. */
export function createWorkers(deps: WorkersDeps): Workers {
  const { store, clock, meter, remotes, findRun, folder, host } = deps;
  const working = () => store.read(workingRuns);
  const measure = (rows: readonly RunRow[], rates: boolean) =>
    meter.measure(
      rows.map((run) => ({ runId: run.id, folder: folder(run.id) })),
      { rates },
    );
  const viewOf = (run: RunRow, usages: ReadonlyMap<string, Usage>) =>
    viewRunWorker(run, usages.get(run.id), { host, now: clock.now() });

  const runOfPid = async (ref: string): Promise<RunRow | null> => {
    if (!/^[1-9]\d*$/.test(ref)) return null;
    const rows = working();
    const usages = await measure(rows, false);
    return rows.find((run) => usages.get(run.id)?.agentPid === Number(ref)) ?? null;
  };

  const find: Workers['find'] = async (ref) => {
    const remote = remotes.find(ref);
    const byPid = await runOfPid(ref);
    const byName = orNull(() => findRun(ref));
    const live = [byPid, byName].filter((run) => run !== null && run.endedAt === null) as RunRow[];
    const [run = byName, other] = new Map(live.map((row) => [row.id, row])).values();
    if (other !== undefined || (remote !== undefined && live.length > 0)) throw ambiguous(ref, live);
    if (remote !== undefined) return { kind: 'remote', name: remote.name, url: remote.url };
    if (run !== null) return { kind: 'run', run };
    throw new AppError('worker_not_found', `No worker '${ref}'`, { hint: 'drover ps shows them' });
  };

  return {
    list: async () => {
      const usages = await measure(working(), true);
      const runs = working(); // once more: what ended while we measured is no worker
      const now = clock.now();
      return [
        ...runs.map((run) => viewOf(run, usages)),
        ...remotes.list().map((remote) => viewRemote(remote, { now })),
      ];
    },
    show: async (ref) => {
      const found = await find(ref);
      if (found.kind === 'remote') {
        const remote = remotes.find(found.name);
        if (remote !== undefined) return viewRemote(remote, { now: clock.now() });
        throw new AppError('worker_not_found', `No worker '${ref}'`, { hint: 'drover ps shows them' });
      }
      const usages = await measure(working(), true);
      const run = findRun(found.run.id);
      if (run.endedAt !== null || run.status === 'queued') throw noProcess(run);
      return viewOf(run, usages);
    },
    find,
    register: (body) => {
      const isRunName = (name: string) => orNull(() => findRun(name))?.endedAt === null;
      const { remote, isNew } = remotes.register(body, isRunName);
      return { worker: viewRemote(remote, { now: clock.now() }), isNew };
    },
    forget: remotes.forget,
    figures: async () => {
      const rows = working();
      const usages = await measure(rows, false);
      return rows
        .filter((run) => run.pid !== null && run.pid > 0)
        .map((run) => {
          const { cwd, age_sec, memory_bytes, cpu_seconds } = viewOf(run, usages);
          return { run_id: run.id, pid: run.pid ?? 0, cwd, age_sec, rss_bytes: memory_bytes, cpu_seconds };
        });
    },
  };
}

function orNull(find: () => RunRow): RunRow | null {
  try {
    return find();
  } catch (error) {
    if (isAppError(error, 'run_not_found')) return null;
    throw error;
  }
}

function ambiguous(ref: string, runs: readonly RunRow[]): AppError {
  return new AppError('ambiguous_id', `'${ref}' is the name or the pid of more than one worker`, {
    hint: `use the id of a run: ${runs.map(({ id }) => id).join(' or ')}`,
  });
}

function noProcess(run: RunRow): AppError {
  const why = run.status === 'queued' ? 'waits in the queue' : `has ended: ${run.status}`;
  return new AppError('worker_not_found', `The run ${run.id} has no process: it ${why}`, {
    hint: `see: drover runs show ${run.id}`,
  });
}
