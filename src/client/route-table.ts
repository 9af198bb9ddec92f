import type { z } from 'zod';
import type { RouteId, Routes } from '../contract/index.ts';

/**
 * Method and path of every route. The types say that this is contract/routes word for word; it stands here as plain
 * values so that a command does not load the schemas at its start.
 */
export const routeTable: { readonly [Id in RouteId]: Pick<Routes[Id], 'method' | 'path'> } = {
  healthz: { method: 'GET', path: '/healthz' },
  readyz: { method: 'GET', path: '/readyz' },
  health: { method: 'GET', path: '/health' },
  metrics: { method: 'GET', path: '/metrics' },
  metricsJson: { method: 'GET', path: '/v1/metrics' },
  status: { method: 'GET', path: '/v1/status' },
  openapi: { method: 'GET', path: '/v1/openapi.json' },
  reload: { method: 'POST', path: '/v1/reload' },
  shutdown: { method: 'POST', path: '/v1/shutdown' },
  agentsList: { method: 'GET', path: '/v1/agents' },
  reposList: { method: 'GET', path: '/v1/repos' },
  reposAdd: { method: 'POST', path: '/v1/repos' },
  reposShow: { method: 'GET', path: '/v1/repos/{repo}' },
  reposUpdate: { method: 'PATCH', path: '/v1/repos/{repo}' },
  reposRemove: { method: 'DELETE', path: '/v1/repos/{repo}' },
  runsStart: { method: 'POST', path: '/v1/runs' },
  runsRetry: { method: 'POST', path: '/v1/runs/{run}/retry' },
  runsList: { method: 'GET', path: '/v1/runs' },
  runsShow: { method: 'GET', path: '/v1/runs/{run}' },
  runsCancel: { method: 'DELETE', path: '/v1/runs/{run}' },
  runsSend: { method: 'POST', path: '/v1/runs/{run}/input' },
  runsEvents: { method: 'GET', path: '/v1/runs/{run}/events' },
  runsLogs: { method: 'GET', path: '/v1/runs/{run}/logs' },
  runsDiff: { method: 'GET', path: '/v1/runs/{run}/diff' },
  runsApply: { method: 'POST', path: '/v1/runs/{run}/apply' },
  workersList: { method: 'GET', path: '/v1/workers' },
  workersRegister: { method: 'POST', path: '/v1/workers' },
  workersShow: { method: 'GET', path: '/v1/workers/{worker}' },
  workersRemove: { method: 'DELETE', path: '/v1/workers/{worker}' },
  workersLogs: { method: 'GET', path: '/v1/workers/{worker}/logs' },
  usage: { method: 'GET', path: '/v1/usage' },
  events: { method: 'GET', path: '/v1/events' },
  worktreesList: { method: 'GET', path: '/v1/worktrees' },
  worktreesPrune: { method: 'POST', path: '/v1/worktrees/prune' },
  worktreesRestore: { method: 'POST', path: '/v1/worktrees/{run}/restore' },
  approvalsList: { method: 'GET', path: '/v1/approvals' },
  approvalsShow: { method: 'GET', path: '/v1/approvals/{approval}' },
  approvalsResolve: { method: 'POST', path: '/v1/approvals/{approval}' },
  plansList: { method: 'GET', path: '/v1/repos/{repo}/plans' },
  plansCreate: { method: 'POST', path: '/v1/repos/{repo}/plans' },
  plansShow: { method: 'GET', path: '/v1/repos/{repo}/plans/{plan}' },
  plansUpdate: { method: 'PATCH', path: '/v1/repos/{repo}/plans/{plan}' },
  plansSay: { method: 'POST', path: '/v1/repos/{repo}/plans/{plan}/events' },
  signalsList: { method: 'GET', path: '/v1/repos/{repo}/signals' },
  signalsSend: { method: 'POST', path: '/v1/repos/{repo}/signals' },
  signalsRetry: { method: 'POST', path: '/v1/repos/{repo}/signals/{signal}/retry' },
};

/** Routes that answer with an event stream. */
export type StreamRouteId = {
  [Id in RouteId]: Routes[Id]['response'] extends 'text/event-stream' ? Id : never;
}[RouteId];
/** Routes that answer with plain text. */
export type TextRouteId = {
  [Id in RouteId]: Routes[Id]['response'] extends 'text/plain' ? Id : never;
}[RouteId];
/** Routes that answer with JSON. */
export type JsonRouteId = Exclude<RouteId, StreamRouteId | TextRouteId>;

/** What a route answers: the parsed JSON, or the text. */
export type Answer<Id extends RouteId> = Routes[Id]['response'] extends z.ZodType
  ? z.infer<Routes[Id]['response']>
  : string;
/** The body that a route takes, as a caller may write it. */
export type BodyOf<Id extends RouteId> = Routes[Id] extends { readonly body: infer Body extends z.ZodType }
  ? z.input<Body>
  : undefined;
/** The query that a route takes; undefined values are left out. */
export type QueryOf<Id extends RouteId> = Routes[Id] extends { readonly query: infer Query extends z.ZodType }
  ? { readonly [Key in keyof z.infer<Query>]?: string | number | boolean | undefined }
  : undefined;

/** The names in braces of a path. */
type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;
/** The values for the names in a route's path. */
export type ParamsOf<Id extends RouteId> = { readonly [Name in NamesIn<Routes[Id]['path']>]: string };

/** The path of a route with its parameters and query filled in. */
export function pathOf(
  id: RouteId,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string | number | boolean | undefined>> = {},
): string {
  const path = routeTable[id].path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = params[name];
    if (value === undefined || value === '') throw new RangeError(`${id} needs a value for ${name}`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  return search.size === 0 ? path : `${path}?${search}`;
}
