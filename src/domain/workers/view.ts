import { toTimestamp } from '../../base/index.ts';
import type { Worker } from '../../contract/index.ts';
import type { RunRow } from '../../foundation/store/index.ts';
import type { Usage } from './meter.ts';
import type { Remote } from './remotes.ts';

/** Where and when a worker is looked at. */
export type ViewContext = { readonly host: string; readonly now: number };

/** A live run's processes as the contract shows them; figures are null until they were measured. */
export function viewRunWorker(run: RunRow, usage: Usage | undefined, { host, now }: ViewContext): Worker {
  const startedAt = run.startedAt ?? null;
  return {
    kind: 'run',
    name: run.name,
    run_id: run.id,
    pid: usage?.agentPid ?? null,
    agent: run.agent,
    runtime: run.runtime,
    status: run.status,
    repo: run.repoId === null ? null : { id: run.repoId, project: run.project ?? '' },
    session_id: run.sessionId,
    cwd: run.worktree,
    started_at: startedAt === null ? null : toTimestamp(startedAt),
    age_sec: startedAt === null ? null : secondsSince(startedAt, now),
    processes: usage?.processes ?? null,
    cpu_pct: usage === undefined || usage.cpuPct === null ? null : round(usage.cpuPct, 1),
    cpu_seconds: usage === undefined ? null : round(usage.cpuMs / 1000, 3),
    memory_bytes: usage?.residentBytes ?? null,
    measured_by: usage?.measuredBy ?? null,
    host,
    url: null,
    version: null,
    last_heartbeat_at: null,
  };
}

/** A worker elsewhere: what it said, and nothing that would have to be asked of it. */
export function viewRemote(remote: Remote, { now }: Pick<ViewContext, 'now'>): Worker {
  return {
    kind: 'remote',
    name: remote.name,
    run_id: null,
    pid: null,
    agent: null,
    runtime: null,
    status: 'alive',
    repo: null,
    session_id: remote.session_id ?? null,
    cwd: remote.cwd ?? null,
    started_at: toTimestamp(remote.registeredAt),
    age_sec: secondsSince(remote.registeredAt, now),
    processes: null,
    cpu_pct: null,
    cpu_seconds: null,
    memory_bytes: null,
    measured_by: null,
    host: remote.host,
    url: remote.url,
    version: remote.version ?? null,
    last_heartbeat_at: toTimestamp(remote.heartbeatAt),
  };
}

/** The wall clock may have been set back since. */
function secondsSince(at: number, now: number): number {
  return round(Math.max(0, now - at) / 1000, 3);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
