import type { Page, Worker } from '../contract/index.ts';
import { invalid } from './validate.ts';

/** The kinds that the page knows. A run here is what it calls a background session, a remote worker a daemon. */
const pageKinds = ['interactive', 'bg', 'daemon', 'daemon-worker'] as const;
const kindOf = { run: 'bg', remote: 'daemon' } as const satisfies Record<
  Worker['kind'],
  (typeof pageKinds)[number]
>;

/** A worker in the keys of that page: those of its registry, and the name and figures that it has not. */
export function pageWorker(worker: Worker) {
  const { kind, name, pid, run_id, session_id, cwd, started_at, url, version, host, status } = worker;
  return {
    pid,
    sessionId: session_id ?? run_id,
    name,
    cwd,
    startedAt: started_at === null ? null : Date.parse(started_at),
    kind: kindOf[kind],
    url,
    mode: kind === 'run' ? 'local' : 'remote',
    version,
    hostname: host,
    status,
    runId: run_id,
    cpuPct: worker.cpu_pct,
    memoryBytes: worker.memory_bytes,
    processes: worker.processes,
    lastHeartbeatAt: worker.last_heartbeat_at === null ? null : Date.parse(worker.last_heartbeat_at),
  };
}

/** The workers that `kind` and `local` of that page ask for. Throws `invalid_request` for other words. */
export function pageWorkers({ items }: Page<Worker>, query: Readonly<Record<string, string>>) {
  const { kind, local } = query;
  return items
    .map(pageWorker)
    .filter((worker) => kind === undefined || worker.kind === kind)
    .filter((worker) => local !== 'true' || worker.mode === 'local');
}

/** Takes `kind` and `local` out of a query, checked: `pageWorkers` obeys them. */
export function workersQuery(query: Readonly<Record<string, string>>): Record<string, string> {
  const { kind, local, ...rest } = query;
  if (kind !== undefined && !(pageKinds as readonly string[]).includes(kind))
    throw invalid('query', [{ path: 'kind', message: `expected one of ${pageKinds.join(', ')}` }]);
  if (local !== undefined && local !== 'true' && local !== 'false')
    throw invalid('query', [{ path: 'local', message: 'expected true or false' }]);
  return rest;
}

/** Body of a remote worker in that page's keys. One without a name is known by its address. */
export function workerBody(body: Readonly<Record<string, unknown>>): unknown {
  const { name, url, cwd, version, sessionId, session_id, hostname, host } = body;
  const nameOfUrl =
    typeof url === 'string' ? URL.parse(url)?.host.replace(/[^A-Za-z0-9._-]+/g, '-') : undefined;
  const given = {
    name: name ?? nameOfUrl,
    url,
    host: host ?? hostname,
    cwd,
    version,
    session_id: session_id ?? sessionId,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
}
