import type { Approval, Event, Repo, Run, Status, Worker } from '../../src/contract/index.ts';

/** A run with every key, changed by `changes`. */
export function aRun(changes: Partial<Run> = {}): Run {
  return {
    id: 'run_01JD0000000000000000000001',
    run_id: 'run_01JD0000000000000000000001',
    status: 'running',
    reason: null,
    agent: 'demo',
    runtime: 'acp',
    profile: null,
    model: null,
    label: null,
    name: null,
    prompt: 'say hello',
    command: null,
    repo: { id: 'repo_01JD0000000000000000000001', project: 'shop' },
    worktree: '/state/worktrees/shop/1',
    branch: 'drover/1-say-hello',
    base_commit: 'abc',
    ports: null,
    session_id: null,
    retry_of: null,
    created_at: '2026-01-02T03:04:05.000Z',
    started_at: '2026-01-02T03:04:06.000Z',
    ended_at: null,
    exit_code: null,
    signal: null,
    result: null,
    error: null,
    usage: null,
    cost_usd: null,
    waiting_on: null,
    ...changes,
  } as Run;
}

/** The processes of that run, changed by `changes`. */
export function aWorker(changes: Partial<Worker> = {}): Worker {
  const { name, id, agent, runtime, status, repo, session_id, worktree, started_at } = aRun();
  return {
    kind: 'run',
    name,
    run_id: id,
    pid: 4711,
    agent,
    runtime,
    status,
    repo,
    session_id,
    cwd: worktree,
    started_at,
    age_sec: 61.5,
    processes: 3,
    cpu_pct: 42.5,
    cpu_seconds: 12.25,
    memory_bytes: 104_857_600,
    measured_by: 'processes',
    host: 'machine',
    url: null,
    version: null,
    last_heartbeat_at: null,
    ...changes,
  };
}

/** The same run, ended well. */
export function anEndedRun(changes: Partial<Run> = {}): Run {
  return aRun({
    status: 'succeeded',
    ended_at: '2026-01-02T03:05:06.000Z',
    exit_code: 0,
    result: 'hello',
    ...changes,
  });
}

/** An event of that run. */
export function anEvent(seq: number, type: string, data: Event['data'] = {}): Event {
  return { seq, time: '2026-01-02T03:04:06.000Z', type, run_id: aRun().id, source: 'agent', data };
}

/** A registered repository. */
export function aRepo(changes: Partial<Repo> = {}): Repo {
  return {
    id: 'repo_01JD0000000000000000000001',
    path: '/home/me/src/shop',
    project: 'shop',
    trusted: false,
    missing: false,
    active_runs: 1,
    own_config: null,
    active_plans: 0,
    plans_blocked: 0,
    plans_waiting: 0,
    added_at: '2026-01-02T03:04:05.000Z',
    ...changes,
  };
}

/** A pending permission request. */
export function anApproval(changes: Partial<Approval> = {}): Approval {
  return {
    id: 'apr_01JD0000000000000000000001',
    run_id: aRun().id,
    repo: { id: aRepo().id, project: 'shop' },
    kind: 'permission',
    title: 'Run git push',
    tool: 'shell',
    input: { command: 'git push' },
    options: [{ id: 'once', kind: 'allow_once', label: 'Allow once' }],
    status: 'pending',
    default: null,
    requested_at: '2026-01-02T03:04:05.000Z',
    expires_at: null,
    resolved_at: null,
    resolved_by: null,
    reason: null,
    ...changes,
  };
}

/** A daemon that is ready. */
export function aStatus(changes: Partial<Status> = {}): Status {
  return {
    running: true,
    ready: true,
    draining: false,
    version: '0.1.0',
    pid: 4242,
    uptime_sec: 7384,
    started_at: '2026-01-02T01:01:01.000Z',
    profile: 'default',
    instance_id: 'instance',
    socket: '/run/user/1000/drover/drover.sock',
    address: null,
    state_root: '/home/me/.local/state/drover',
    config: null,
    service: null,
    repo_count: 1,
    repos: [aRepo()],
    runs: { queued: 0, starting: 0, running: 1, waiting: 0, parked: 0 },
    runs_interrupted: 0,
    approvals_pending: 0,
    plans_blocked: 0,
    last_seq: 41,
    warnings: [],
    ...changes,
  };
}
