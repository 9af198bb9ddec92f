import { AppError, type Event, type Page, type Repo, type Run } from '../../src/contract/index.ts';
import type { JournalEntry, Services, StoredAnswer } from '../../src/http/index.ts';
import { createFakePlans, type ToldOfPlan } from './fake-plans.ts';
import { fakeApproval, fakeRepo, fakeRun, fakeStatus, fakeWorker, fakeWorktree } from './fake-resources.ts';

/** The tokens that the fake knows. */
export const adminToken = 'admin-token-of-the-fake';
export const readToken = 'read-token-of-the-fake';
export const runToken = 'run-token-of-the-fake';

export type FakeServices = Services & {
  /** Every service call that a handler made, by name: what the guard matrix looks at. */
  readonly calls: string[];
  /** Appends an event and nudges the readers. Returns its seq. */
  readonly emit: (type: string, runId?: string | null, data?: Record<string, unknown>) => number;
  /** Adds a run that exists from now on. */
  readonly addRun: (id: string, prompt?: string) => Run;
  readonly endRun: (id: string) => void;
  readonly revoke: (token: string) => void;
  readonly set: { ready: boolean; hasRoom: boolean };
  /** Events handed out by `journal.read`: how often the journal was really read. */
  readonly reads: { count: number };
  /** What was said of plans, and by whom. */
  readonly toldOfPlans: readonly ToldOfPlan[];
};

const at = '2026-01-02T03:04:05.678Z';

/** Services in memory that behave as the contract says, for tests of the HTTP room. */
export function createFakeServices(): FakeServices {
  const calls: string[] = [];
  const entries: JournalEntry[] = [];
  const listeners = new Set<(lastSeq: number) => void>();
  const runs = new Map<string, Run>();
  const lastSeqs = new Map<string, number>();
  const repos = new Map<string, Repo>([['repo_1', fakeRepo('repo_1', 'demo')]]);
  const stored = new Map<string, StoredAnswer & { bodyHash: string }>();
  const inFlight = new Set<string>();
  const revoked = new Set<string>();
  const set = { ready: true, hasRoom: true };
  const reads = { count: 0 };
  const call = (name: string) => calls.push(name);

  const emit: FakeServices['emit'] = (type, runId = null, data = {}) => {
    const seq = entries.length + 1;
    const event: Event = {
      seq,
      time: at,
      type,
      source: 'daemon',
      data,
      ...(runId === null ? {} : { run_id: runId }),
    };
    entries.push({ seq, type, runId, json: JSON.stringify(event) });
    for (const listener of listeners) listener(seq);
    return seq;
  };
  const findRun = (ref: string): Run => {
    const found = runs.get(ref) ?? [...runs.values()].find((run) => run.name === ref);
    if (found === undefined) throw new AppError('run_not_found', `There is no run '${ref}'`);
    return found;
  };
  const findRepo = (ref: string): Repo => {
    const found = repos.get(ref) ?? [...repos.values()].find((repo) => repo.project === ref);
    if (found === undefined) throw new AppError('repo_not_found', `There is no repository '${ref}'`);
    return found;
  };
  const addRun = (id: string, prompt = 'work'): Run => {
    const run = fakeRun(id, prompt);
    runs.set(id, run);
    emit('run.queued', id, { agent: run.agent, prompt, reason: null });
    return run;
  };
  const pageOf = <T>(items: readonly T[], limit: number): Page<T> => {
    const some = limit === 0 ? items : items.slice(0, limit);
    return { items: some, next_cursor: some.length < items.length ? String(some.length) : null };
  };

  const { plans, told: toldOfPlans } = createFakePlans({
    call,
    store: (key, plan) => {
      if (key !== null)
        stored.set(keyOf(key.key, key.method, key.path), { ...key.answer(plan), bodyHash: key.bodyHash });
    },
  });

  return {
    calls,
    toldOfPlans,
    plans,
    emit,
    addRun,
    set,
    reads,
    endRun: (id) => {
      runs.set(id, { ...findRun(id), status: 'succeeded', ended_at: at });
      lastSeqs.set(id, entries.length + 1);
      emit('run.finished', id, { status: 'succeeded' });
    },
    revoke: (token) => revoked.add(token),
    isReady: () => set.ready,
    status: async () => {
      call('status');
      return fakeStatus(entries.length, [...repos.values()]);
    },
    metrics: async () => {
      call('metrics');
      return {
        samples: [
          { name: 'drover_runs', labels: { status: 'running' }, value: 1 },
          { name: 'drover_journal_last_seq', value: entries.length },
        ],
        metrics: { runs_running: 1, events_total: entries.length },
      };
    },
    machine: async () => ({
      at,
      cpu_count: 2,
      cpu_pct: 12.5,
      memory_total_bytes: 8 * 2 ** 30,
      memory_used_bytes: 2 ** 30,
      disk_total_bytes: 1e9,
      disk_used_bytes: 4e8,
    }),
    reload: async () => {
      call('reload');
      return { applied: [], needs_restart: [], unchanged: true };
    },
    shutdown: () => {
      call('shutdown');
    },
    assertRoomToStart: () => {
      if (!set.hasRoom) throw new AppError('busy', 'No room for a process', { hint: 'try again' });
    },
    repos: {
      list: async ({ limit }) => {
        call('repos.list');
        return pageOf([...repos.values()], limit);
      },
      show: async (ref) => {
        call('repos.show');
        return findRepo(ref);
      },
      add: async ({ path, name }, key) => {
        call('repos.add');
        const repo = { ...fakeRepo(`repo_${repos.size + 1}`, name ?? 'added'), path };
        repos.set(repo.id, repo);
        if (key !== null)
          stored.set(keyOf(key.key, key.method, key.path), { ...key.answer(repo), bodyHash: key.bodyHash });
        return repo;
      },
      update: async (ref, patch) => {
        call('repos.update');
        const repo = { ...findRepo(ref), ...(patch.project === undefined ? {} : { project: patch.project }) };
        repos.set(repo.id, repo);
        return repo;
      },
      remove: async (ref) => {
        call('repos.remove');
        repos.delete(findRepo(ref).id);
        return { canceled_runs: [], kept_worktrees: [], kept_plans: 0 };
      },
    },
    runs: {
      list: async ({ limit }) => {
        call('runs.list');
        return pageOf([...runs.values()].reverse(), limit);
      },
      show: async (ref) => {
        call('runs.show');
        return findRun(ref);
      },
      start: async (body, key) => {
        call('runs.start');
        const run = addRun(`run_${runs.size + 1}`, body.prompt ?? '');
        if (key !== null)
          stored.set(keyOf(key.key, key.method, key.path), { ...key.answer(run), bodyHash: key.bodyHash });
        return run;
      },
      retry: async (ref, body, key) => {
        call('runs.retry');
        const run = addRun(`run_${runs.size + 1}`, body.prompt ?? findRun(ref).prompt);
        if (key !== null)
          stored.set(keyOf(key.key, key.method, key.path), { ...key.answer(run), bodyHash: key.bodyHash });
        return run;
      },
      cancel: async (ref) => {
        call('runs.cancel');
        findRun(ref);
        return 'canceled';
      },
      send: async (ref, _text, key) => {
        call('runs.send');
        const sent = { input_id: 'inp_1', run_id: findRun(ref).id };
        if (key !== null)
          stored.set(keyOf(key.key, key.method, key.path), { ...key.answer(sent), bodyHash: key.bodyHash });
        return sent;
      },
      logs: async (ref) => {
        call('runs.logs');
        findRun(ref);
        const bytes: ReadableStream<Uint8Array> = ReadableStream.from([
          new TextEncoder().encode('line 1\nline 2\n'),
        ]);
        return { bytes, next: { kind: 'seq', value: 0 } };
      },
      diff: async (ref) => {
        call('runs.diff');
        findRun(ref);
        return new TextEncoder().encode('diff --git a/x b/x\n');
      },
      apply: async (ref, { squash }) => {
        call('runs.apply');
        const { id } = findRun(ref);
        return {
          status: 'nothing',
          run_id: id,
          squash,
          commit: null,
          branch: 'main',
          files: 0,
          left_out: [],
        };
      },
    },
    agents: {
      list: () => {
        call('agents.list');
        return [];
      },
    },
    worktrees: {
      list: async () => {
        call('worktrees.list');
        return { items: [fakeWorktree()], next_cursor: null };
      },
      prune: async ({ dry_run = false }) => {
        call('worktrees.prune');
        return { dry_run, items: [] };
      },
      restore: async () => {
        call('worktrees.restore');
        return fakeWorktree();
      },
    },
    workers: {
      list: async () => {
        call('workers.list');
        return { items: [...runs.values()].map(fakeWorker), next_cursor: null };
      },
      show: async (ref) => {
        call('workers.show');
        return fakeWorker(findRun(ref));
      },
      register: ({ name, url }) => {
        call('workers.register');
        return {
          worker: { ...fakeWorker(fakeRun('run_remote', '')), kind: 'remote', name, url },
          isNew: true,
        };
      },
      remove: async (ref) => {
        call('workers.remove');
        return { status: 'canceled', run_id: findRun(ref).id };
      },
      logs: async (ref) => {
        call('workers.logs');
        findRun(ref);
        return { bytes: new Blob(['work\n']).stream(), next: { kind: 'seq', value: entries.length } };
      },
      figures: async () => {
        call('workers.figures');
        return [
          { run_id: 'run_1', pid: 1, cwd: '/srv', age_sec: 3, rss_bytes: 4 * 2 ** 20, cpu_seconds: 0.5 },
        ];
      },
    },
    usage: async ({ by }) => {
      call('usage');
      return { by, since: null, until: null, items: [] };
    },
    approvals: {
      list: async ({ limit }) => {
        call('approvals.list');
        return pageOf([fakeApproval()], limit);
      },
      show: async () => {
        call('approvals.show');
        return fakeApproval();
      },
      resolve: async (_ref, _body, by) => {
        call('approvals.resolve');
        return { ...fakeApproval(), status: 'allowed', resolved_by: by };
      },
    },
    journal: {
      lastSeq: () => entries.length,
      read: async ({ after, limit, maxBytes, runId }) => {
        reads.count += 1;
        await Promise.resolve();
        if (after > entries.length)
          throw new AppError('cursor_unknown', `The cursor ${after} was never given`);
        const events: JournalEntry[] = [];
        let scannedTo = after;
        let bytes = 0;
        for (const entry of entries.slice(after)) {
          const isWanted = runId === null || entry.runId === runId;
          if (
            isWanted &&
            events.length > 0 &&
            (events.length >= limit || bytes + entry.json.length > maxBytes)
          )
            break;
          scannedTo = entry.seq;
          if (!isWanted) continue;
          events.push(entry);
          bytes += entry.json.length;
        }
        return { events, scannedTo };
      },
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      lastSeqOfRun: (runId) => lastSeqs.get(runId) ?? null,
    },
    tokens: {
      check: async (token) => {
        if (revoked.has(token)) return null;
        if (token === adminToken) return { may: 'write', runId: null, name: 'admin' };
        if (token === readToken) return { may: 'read', runId: null, name: 'read-only' };
        if (token === runToken) return { may: 'read', runId: 'run_1', name: 'run_1' };
        return null;
      },
    },
    idempotency: {
      begin: (key, method, path) => {
        if (inFlight.has(keyOf(key, method, path))) {
          throw new AppError('idempotency_in_flight', `A request with the key '${key}' is being worked on`);
        }
        inFlight.add(keyOf(key, method, path));
      },
      find: async (key, method, path, bodyHash) => {
        const found = stored.get(keyOf(key, method, path));
        if (found !== undefined && found.bodyHash !== bodyHash) {
          throw new AppError('idempotency_mismatch', `The key '${key}' was used with another body`);
        }
        return found ?? null;
      },
      end: (key, method, path) => {
        inFlight.delete(keyOf(key, method, path));
      },
    },
  };
}

function keyOf(key: string, method: string, path: string): string {
  return `${method} ${path} ${key}`;
}
