import type { AliasRoute, Page, Run, Status, Worker } from '../contract/index.ts';
import { type Metrics, machineMetrics } from './alias-metrics.ts';
import { pageWorker, pageWorkers, workerBody, workersQuery } from './alias-workers.ts';

type Query = Readonly<Record<string, string>>;

/** Turns a route's answer into the shape of the reference page that documents the alias. */
export function shapeAnswer(shape: AliasRoute['shape'], value: unknown, query: Query): unknown {
  switch (shape) {
    case 'same':
    case 'log': // text, which has its own envelope
      return value;
    case 'run_id':
      return { run_id: (value as Run).run_id };
    case 'list':
      return (value as Page<unknown>).items;
    case 'worker':
      return { data: pageWorker(value as Worker) };
    case 'workers':
      return { data: pageWorkers(value as Page<Worker>, query) };
    case 'machine':
      return { data: machineMetrics(value as Metrics) };
    case 'data':
      return { data: value };
    case 'daemon_status':
      return daemonStatus(value as Status);
    default:
      return shape satisfies never;
  }
}

/** The page shows the object bare, that program's other answers come under `data`: both readers find it. */
function daemonStatus(status: Status) {
  const object = {
    status: 'running',
    pid: status.pid,
    endpoint: status.address === null ? `unix:${status.socket}` : `http://${status.address}`,
    startedAt: Date.parse(status.started_at),
  };
  return { ...object, data: object };
}

/** A body as the reference pages send it: `text` is what one of them calls the prompt. */
export function bodyOfAlias(alias: AliasRoute, body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  if (alias.route === 'workersRegister') return workerBody(body as Record<string, unknown>);
  if (alias.route !== 'runsStart' || !('text' in body)) return body;
  const { text, ...rest } = body;
  return 'prompt' in rest ? body : { ...rest, prompt: text };
}

/** A query as the reference pages write it. Without a type they mean the first log that there is. */
export function queryOfAlias(alias: AliasRoute, query: Query): Query {
  if (alias.route === 'workersList') return workersQuery(query);
  return alias.shape === 'log' ? { type: 'telemetry', ...query } : query;
}
