import * as z from 'zod';
import * as requests from './requests.ts';
import * as resources from './resources.ts';
import type { RouteSpec } from './route-spec.ts';

const workerMetrics = z.object({
  run_id: z.string(),
  pid: z.int(),
  cwd: z.string().nullable(),
  age_sec: z.number().nullable(),
  rss_bytes: z.int().nullable().meta({ description: 'Of its whole tree: memory_bytes of the worker' }),
  cpu_seconds: z.number().nullable(),
});
const machineMetrics = z.object({
  at: resources.timestamp,
  cpu_count: z.int(),
  cpu_pct: z
    .number()
    .meta({ description: 'Of all cores together, since the last look, half a second ago or more' }),
  memory_total_bytes: z.int(),
  memory_used_bytes: z.int(),
  disk_total_bytes: z.int().meta({ description: 'Of the file system of the state root' }),
  disk_used_bytes: z.int(),
});

/** The figures of the daemon, its machine and its workers as JSON. */
export const metricsRoute = {
  id: 'metricsJson',
  method: 'GET',
  path: '/v1/metrics',
  summary: 'The figures that have no labels, those of the machine and of each live run, as JSON',
  access: 'read',
  status: 200,
  response: z.object({
    metrics: z.record(z.string(), z.number()),
    machine: machineMetrics,
    workers: z.array(workerMetrics),
  }),
  errors: [],
} as const satisfies RouteSpec;

/** The routes of the process side of runs. */
export const workerRoutes = {
  workersList: {
    id: 'workersList',
    method: 'GET',
    path: '/v1/workers',
    summary: 'Processes of live runs, oldest first, then remote workers by name; always all of them',
    access: 'read',
    query: requests.listWorkersQuery,
    status: 200,
    response: resources.page(resources.worker),
    errors: [],
  },
  workersRegister: {
    id: 'workersRegister',
    method: 'POST',
    path: '/v1/workers',
    summary: 'A remote worker’s first word, 201, and each heartbeat, 200; forgotten after 2 minutes without',
    access: 'write',
    body: requests.registerWorker,
    status: 201,
    response: resources.worker,
    errors: ['name_taken', 'busy'],
  },
  workersShow: {
    id: 'workersShow',
    method: 'GET',
    path: '/v1/workers/{worker}',
    summary: 'One worker, by pid, name, run id or unique prefix',
    access: 'read',
    status: 200,
    response: resources.worker,
    errors: ['worker_not_found', 'ambiguous_id'],
  },
  workersRemove: {
    id: 'workersRemove',
    method: 'DELETE',
    path: '/v1/workers/{worker}',
    summary: 'Cancel the run of a worker, as DELETE /v1/runs/{run} does; a remote worker is only forgotten',
    access: 'write',
    status: 200,
    response: z.object({
      status: z.enum(['canceled', 'canceling', 'forgotten']),
      run_id: z.string().nullable(),
    }),
    errors: ['worker_not_found', 'ambiguous_id', 'run_ended'],
  },
  workersLogs: {
    id: 'workersLogs',
    method: 'GET',
    path: '/v1/workers/{worker}/logs',
    summary: 'What the run of a worker wrote; of an ended run too',
    access: 'read',
    query: requests.logsQuery,
    status: 200,
    response: 'text/plain',
    errors: ['worker_not_found', 'ambiguous_id', 'worker_remote'],
  },
} as const satisfies Record<string, RouteSpec>;
