/**
 * contract: what crosses a process boundary. It owns ids, resources, requests, events, error codes, routes and the
 * configuration's schema, promises that each exists once, and must not know who calls it: no I/O, no clock, no state.
 */
export { type AliasRoute, aliasRoutes } from './alias-routes.ts';
export { AppError, type AppErrorOptions, isAppError } from './app-error.ts';
export { type AgentConfig, agentConfig, type Config, type ConfigKeyScope, config } from './config.ts';
export { type Endpoint, parseEndpoint } from './endpoint.ts';
export { type ErrorCode, type ErrorCodeInfo, errorCodeNames, errorCodes } from './error-code.ts';
export { type EventData, type EventType, eventData, eventTypes } from './events.ts';
export { type HookConfig, hookEventTypes, hookIdentity } from './hook-config.ts';
export {
  type ApprovalId,
  type InputId,
  idPattern,
  isIdPrefix,
  minIdPrefixChars,
  newId,
  type PlanId,
  parseId,
  type RepoId,
  type RunId,
} from './id.ts';
export { type MetricFamily, type MetricName, metricFamilies } from './metrics.ts';
export type { CreatePlan, SayOfPlan, SendSignal, UpdatePlan } from './plan-requests.ts';
export {
  type Plan,
  type PlanSummary,
  plan,
  planSummary,
  type Signal,
  signal,
} from './plan-resources.ts';
export {
  type ActionStatus,
  actionStatuses,
  agentPlanEvents,
  daemonPlanEvents,
  isTextOpen,
  maxSignalBytes,
  noBranchPattern,
  operatorPlanEvents,
  type PlanEventName,
  type PlanPhase,
  type PlanRole,
  type PlanStatus,
  planEventOf,
  planEvents,
  planNamePattern,
  planPhases,
  planRoles,
  planStatuses,
  planStatusFilters,
  type SignalStatus,
  signalStatuses,
  type TaskStatus,
  taskStatuses,
} from './plan-words.ts';
export { type PolicyRule, policyConfig } from './policy-config.ts';
export { type RepoConfig, repoConfig } from './repo-config.ts';
export {
  maxPromptChars,
  type PruneWorktrees,
  type RegisterWorker,
  type ResolveApproval,
  type RetryRun,
  type SendInput,
  type StartRun,
  type UsageQuery,
} from './requests.ts';
export {
  type ApplyResult,
  type Approval,
  applyResult,
  approval,
  type Event,
  event,
  type ListedAgent,
  type Page,
  type Problem,
  type PruneResult,
  problem,
  pruneResult,
  type ReloadResult,
  type Repo,
  type Run,
  reloadResult,
  repo,
  run,
  type SentInput,
  type Status,
  sentInput,
  status,
  type UsageReport,
  usageReport,
  type Worker,
  type Worktree,
  worker,
  worktree,
} from './resources.ts';
export { type Access, isWrite, type RouteSpec } from './route-spec.ts';
export { type RouteId, type Routes, routes } from './routes.ts';
export {
  type ApprovalMode,
  approvalModeWords,
  approvalStatusFilters,
  isEnded,
  logTypes,
  type RunStatus,
  type Runtime,
  runStatuses,
  runStatusFilters,
  runtimes,
  usageKinds,
  waitsForPerson,
  waitsOnLimit,
} from './run-words.ts';
export { formatBytes, formatDuration, parseBytes, parseDurationMs } from './units.ts';
export { isNodeNewEnough, leastNode, version } from './version.ts';
