import type { Approval, Repo, Run, Status, Worker, Worktree } from '../../src/contract/index.ts';
import { aWorker } from './resources.ts';

const at = '2026-01-02T03:04:05.678Z';

/** A whole one, of the fake services. */
export function fakeWorker({ id, name, session_id }: Run): Worker {
  return aWorker({ run_id: id, name, session_id, started_at: at, cwd: null });
}

/** A whole one, of the fake services. */
export function fakeRun(id: string, prompt: string): Run {
  return {
    id,
    run_id: id,
    status: 'running',
    reason: null,
    agent: 'demo',
    runtime: 'acp',
    profile: 'demo',
    model: null,
    approval_mode: 'ask',
    max_turns: null,
    max_cost_usd: null,
    max_tokens: null,
    label: null,
    name: null,
    prompt,
    command: null,
    repo: null,
    worktree: null,
    branch: null,
    base_commit: null,
    ports: null,
    session_id: null,
    retry_of: null,
    created_at: at,
    started_at: at,
    ended_at: null,
    exit_code: null,
    signal: null,
    result: null,
    error: null,
    usage: null,
    cost_usd: null,
    waiting_on: null,
    attach_command: null,
  };
}

/** A whole one, of the fake services. */
export function fakeRepo(id: string, project: string): Repo {
  return {
    id,
    path: `/srv/${project}`,
    project,
    trusted: false,
    missing: false,
    active_runs: 0,
    own_config: null,
    active_plans: 0,
    plans_blocked: 0,
    plans_waiting: 0,
    added_at: at,
  };
}

/** A whole one, of the fake services. */
export function fakeWorktree(): Worktree {
  return {
    run_id: 'run_1',
    state: 'ended',
    repo: { id: 'repo_1', project: 'demo' },
    path: '/state/worktrees/repo_1/run_1',
    branch: 'drover/1-work',
    uncommitted_files: 0,
    merged: true,
    saved: null,
    problem: null,
  };
}

/** A whole one, of the fake services. */
export function fakeApproval(): Approval {
  return {
    id: 'apr_1',
    run_id: 'run_1',
    repo: null,
    kind: 'permission',
    title: 'Write a file',
    tool: null,
    input: null,
    options: [],
    status: 'pending',
    default: null,
    requested_at: at,
    expires_at: null,
    resolved_at: null,
    resolved_by: null,
    reason: null,
  };
}

/** A whole one, of the fake services. */
export function fakeStatus(lastSeq: number, repos: Repo[]): Status {
  return {
    running: true,
    ready: true,
    draining: false,
    version: '0.0.0',
    pid: 4242,
    uptime_sec: 1,
    started_at: at,
    profile: 'default',
    instance_id: 'fake',
    socket: '/run/drover.sock',
    address: null,
    state_root: '/state',
    config: null,
    service: null,
    repo_count: repos.length,
    repos,
    runs: { queued: 0, starting: 0, running: 1, waiting: 0, parked: 0 },
    runs_interrupted: 0,
    approvals_pending: 0,
    plans_blocked: 0,
    last_seq: lastSeq,
    warnings: [],
  };
}
