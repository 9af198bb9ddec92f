import * as z from 'zod';
import type { ErrorCode } from './error-code.ts';
import * as requests from './requests.ts';
import * as resources from './resources.ts';

/**
 * Who may call a route. `open`: no token, also over TCP. `read`: any valid token. `write`: not a read-only token and
 * not a run's own token. Over the socket a caller without a token is admin.
 */
export type Access = 'open' | 'read' | 'write';

/** A route of the public surface: the one source of validation, types, OpenAPI, the typed client and the guard matrix. */
export type RouteSpec = {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly status: number;
  /** A schema for JSON, or the media type of anything else. */
  readonly response: z.ZodType | 'text/plain' | 'text/event-stream';
  /** POSTs that start something honour Idempotency-Key (contract §10.11). */
  readonly idempotent?: true;
  readonly errors: readonly ErrorCode[];
};

const ok = z.object({ status: z.literal('ok') });
const workerMetrics = z.object({
  run_id: z.string(),
  pid: z.int(),
  rss_bytes: z.int().nullable(),
  cpu_seconds: z.number().nullable(),
});

/** Every route under `/v1` and the probes. The reference pages' own paths are in `alias-routes.ts`. */
export const routes = {
  healthz: {
    id: 'healthz',
    method: 'GET',
    path: '/healthz',
    summary: 'Alive',
    access: 'open',
    status: 200,
    response: ok,
    errors: [],
  },
  readyz: {
    id: 'readyz',
    method: 'GET',
    path: '/readyz',
    summary: 'Ready; 503 while starting or draining',
    access: 'open',
    status: 200,
    response: ok,
    errors: ['draining'],
  },
  health: {
    id: 'health',
    method: 'GET',
    path: '/health',
    summary: 'Health with the active run count',
    access: 'read',
    status: 200,
    response: z.object({
      status: z.literal('ok'),
      active_runs: z.int(),
      version: z.string(),
      uptime_sec: z.number(),
    }),
    errors: [],
  },
  metrics: {
    id: 'metrics',
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus text',
    access: 'read',
    status: 200,
    response: 'text/plain',
    errors: [],
  },
  metricsJson: {
    id: 'metricsJson',
    method: 'GET',
    path: '/v1/metrics',
    summary: 'The figures that have no labels, and those of each live run, as JSON',
    access: 'read',
    status: 200,
    response: z.object({ metrics: z.record(z.string(), z.number()), workers: z.array(workerMetrics) }),
    errors: [],
  },
  status: {
    id: 'status',
    method: 'GET',
    path: '/v1/status',
    summary: 'What the daemon is doing',
    access: 'read',
    status: 200,
    response: resources.status,
    errors: [],
  },
  openapi: {
    id: 'openapi',
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'This API as OpenAPI 3.1',
    access: 'read',
    status: 200,
    response: z.record(z.string(), z.unknown()),
    errors: [],
  },
  reload: {
    id: 'reload',
    method: 'POST',
    path: '/v1/reload',
    summary: 'Re-read the configuration, as SIGHUP does',
    access: 'write',
    status: 200,
    response: resources.reloadResult,
    errors: ['config_invalid', 'config_unreadable', 'token_file_invalid'],
  },
  shutdown: {
    id: 'shutdown',
    method: 'POST',
    path: '/v1/shutdown',
    summary: 'Drain and stop, as SIGTERM does; runs are left alone',
    access: 'write',
    status: 202,
    response: z.object({ status: z.literal('stopping') }),
    errors: [],
  },
  reposList: {
    id: 'reposList',
    method: 'GET',
    path: '/v1/repos',
    summary: 'Registered repositories, by name',
    access: 'read',
    query: requests.listReposQuery,
    status: 200,
    response: resources.page(resources.repo),
    errors: ['repo_not_found'],
  },
  reposAdd: {
    id: 'reposAdd',
    method: 'POST',
    path: '/v1/repos',
    summary: 'Register a repository',
    access: 'write',
    body: requests.addRepo,
    status: 201,
    response: resources.repo,
    idempotent: true,
    errors: ['not_a_directory', 'not_a_repo', 'repo_bare', 'repo_foreign_owner', 'repo_exists', 'name_taken'],
  },
  reposShow: {
    id: 'reposShow',
    method: 'GET',
    path: '/v1/repos/{repo}',
    summary: 'One repository, by id or project name',
    access: 'read',
    status: 200,
    response: resources.repo,
    errors: ['repo_not_found', 'ambiguous_id'],
  },
  reposUpdate: {
    id: 'reposUpdate',
    method: 'PATCH',
    path: '/v1/repos/{repo}',
    summary: 'Rename a repository, say where it is now, or trust its own configuration',
    access: 'write',
    body: requests.patchRepo,
    status: 200,
    response: resources.repo,
    errors: [
      'repo_not_found',
      'ambiguous_id',
      'name_taken',
      'repo_exists',
      'repo_busy',
      'not_a_directory',
      'not_a_repo',
      'repo_bare',
      'repo_foreign_owner',
    ],
  },
  reposRemove: {
    id: 'reposRemove',
    method: 'DELETE',
    path: '/v1/repos/{repo}',
    summary: 'Unregister a repository; its live runs are cancelled unless keep_runs',
    access: 'write',
    query: requests.deleteRepoQuery,
    status: 200,
    response: z.object({
      status: z.literal('removed'),
      canceled_runs: z.array(z.string()),
      kept_worktrees: z.array(z.string()).meta({
        description: 'Folders of its runs that stay on disk, each with its branch in the repository',
      }),
    }),
    errors: ['repo_not_found', 'ambiguous_id'],
  },
  runsStart: {
    id: 'runsStart',
    method: 'POST',
    path: '/v1/runs',
    summary: 'Start a run',
    access: 'write',
    body: requests.startRun,
    status: 201,
    response: resources.run,
    idempotent: true,
    errors: [
      'repo_not_found',
      'no_agent',
      'agent_unknown',
      'option_unsupported',
      'base_not_found',
      'repo_unusable',
      'name_taken',
      'busy',
      'draining',
    ],
  },
  runsList: {
    id: 'runsList',
    method: 'GET',
    path: '/v1/runs',
    summary: 'Runs, newest first',
    access: 'read',
    query: requests.listRunsQuery,
    status: 200,
    response: resources.page(resources.run),
    errors: ['repo_not_found'],
  },
  runsShow: {
    id: 'runsShow',
    method: 'GET',
    path: '/v1/runs/{run}',
    summary: 'One run, by id, unique prefix or name',
    access: 'read',
    status: 200,
    response: resources.run,
    errors: ['run_not_found', 'ambiguous_id'],
  },
  runsCancel: {
    id: 'runsCancel',
    method: 'DELETE',
    path: '/v1/runs/{run}',
    summary: 'Cancel a run and its whole process tree; 202 when it takes longer than 10 s',
    access: 'write',
    status: 200,
    response: z.object({ status: z.enum(['canceled', 'canceling']) }),
    errors: ['run_not_found', 'ambiguous_id', 'run_ended'],
  },
  runsEvents: {
    id: 'runsEvents',
    method: 'GET',
    path: '/v1/runs/{run}/events',
    summary: 'Events of one run: a stream, or a page with Accept: application/json',
    access: 'read',
    query: requests.eventsQuery,
    status: 200,
    response: 'text/event-stream',
    errors: ['run_not_found', 'ambiguous_id', 'cursor_unknown', 'busy'],
  },
  runsLogs: {
    id: 'runsLogs',
    method: 'GET',
    path: '/v1/runs/{run}/logs',
    summary: 'What the run wrote, raw',
    access: 'read',
    query: requests.logsQuery,
    status: 200,
    response: 'text/plain',
    errors: ['run_not_found', 'ambiguous_id'],
  },
  runsDiff: {
    id: 'runsDiff',
    method: 'GET',
    path: '/v1/runs/{run}/diff',
    summary: 'What the run changed against its base commit, as a patch',
    access: 'read',
    status: 200,
    response: 'text/plain',
    errors: ['run_not_found', 'ambiguous_id', 'repo_unusable', 'git_failed'],
  },
  runsApply: {
    id: 'runsApply',
    method: 'POST',
    path: '/v1/runs/{run}/apply',
    summary: 'Bring all that an ended run made into the checkout of its repository',
    access: 'write',
    body: requests.applyRun,
    status: 200,
    response: resources.applyResult,
    errors: [
      'run_not_found',
      'ambiguous_id',
      'repo_not_found',
      'repo_unusable',
      'run_live',
      'apply_conflict',
      'checkout_changed',
      'checkout_busy',
      'git_failed',
      'draining',
    ],
  },
  events: {
    id: 'events',
    method: 'GET',
    path: '/v1/events',
    summary: 'The whole journal: a stream, or a page with Accept: application/json',
    access: 'read',
    query: requests.eventsQuery,
    status: 200,
    response: 'text/event-stream',
    errors: ['cursor_unknown', 'busy'],
  },
  approvalsList: {
    id: 'approvalsList',
    method: 'GET',
    path: '/v1/approvals',
    summary: 'What waits for a person: pending oldest first, past newest first',
    access: 'read',
    query: requests.listApprovalsQuery,
    status: 200,
    response: resources.page(resources.approval),
    errors: [],
  },
  approvalsResolve: {
    id: 'approvalsResolve',
    method: 'POST',
    path: '/v1/approvals/{approval}',
    summary: 'Answer an approval; the first answer wins',
    access: 'write',
    body: requests.resolveApproval,
    status: 200,
    response: resources.approval,
    errors: ['approval_not_found', 'ambiguous_id', 'approval_resolved'],
  },
} as const satisfies Record<string, RouteSpec>;

export type Routes = typeof routes;
export type RouteId = keyof Routes;
