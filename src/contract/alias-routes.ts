import type { RouteId } from './routes.ts';

/** A path of one of the reference pages and the route whose work it does, in the page's own shape. */
export type AliasRoute = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly route: RouteId;
  /** What the page answers where that differs from the route's own shape. */
  readonly shape:
    | 'run_id'
    | 'list'
    | 'daemon_status'
    | 'worker'
    | 'workers'
    | 'log'
    | 'machine'
    | 'data'
    | 'same';
};

/** The reference pages' own paths for what exists, so that their curl examples run unchanged. */
export const aliasRoutes = [
  { method: 'POST', path: '/runs', route: 'runsStart', shape: 'run_id' },
  { method: 'GET', path: '/runs', route: 'runsList', shape: 'list' },
  { method: 'GET', path: '/runs/{run}', route: 'runsShow', shape: 'same' },
  { method: 'GET', path: '/runs/{run}/events', route: 'runsEvents', shape: 'same' },
  { method: 'DELETE', path: '/runs/{run}', route: 'runsCancel', shape: 'same' },
  { method: 'GET', path: '/api/v1/daemon/status', route: 'status', shape: 'daemon_status' },
  // A daemon that can be asked to start is running: the page has such a start answer what runs.
  { method: 'POST', path: '/api/v1/daemon/start', route: 'status', shape: 'daemon_status' },
  { method: 'POST', path: '/api/v1/daemon/stop', route: 'shutdown', shape: 'data' },
  { method: 'GET', path: '/api/v1/metrics', route: 'metricsJson', shape: 'machine' },
  { method: 'GET', path: '/api/v1/workers', route: 'workersList', shape: 'workers' },
  { method: 'POST', path: '/api/v1/workers', route: 'workersRegister', shape: 'worker' },
  { method: 'GET', path: '/api/v1/workers/{worker}', route: 'workersShow', shape: 'worker' },
  { method: 'DELETE', path: '/api/v1/workers/{worker}', route: 'workersRemove', shape: 'data' },
  { method: 'GET', path: '/api/v1/workers/{worker}/logs', route: 'workersLogs', shape: 'log' },
  { method: 'POST', path: '/api/v1/runs', route: 'runsStart', shape: 'data' },
  { method: 'GET', path: '/api/v1/runs/{run}', route: 'runsShow', shape: 'data' },
  { method: 'GET', path: '/api/v1/runs/{run}/stream', route: 'runsEvents', shape: 'same' },
  { method: 'POST', path: '/api/v1/runs/{run}/cancel', route: 'runsCancel', shape: 'data' },
] as const satisfies readonly AliasRoute[];
