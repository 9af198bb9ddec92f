/**
 * store: the one SQLite database and the one door to it. It owns the schema and its migrations, promises that a write
 * that resolved is on disk with the events that tell of it, in one numbered order, and must not know what a run or a
 * plan may do: rows in, rows out.
 */
export { inspectStore, type StoreInspection } from './inspect.ts';
export { schemaVersion } from './migrations.ts';
export type { Sql, SqlValue } from './sql.ts';
export {
  type CommittedEvent,
  type NewEvent,
  openStore,
  type Store,
  type StoreOptions,
  type Transaction,
} from './store.ts';
export {
  type ActionRow,
  doneActions,
  dropActions,
  failAction,
  failingActions,
  finishAction,
  getAction,
  openActions,
  oweAction,
  pendingActions,
  reposThatOwe,
  reviveActions,
  setActionData,
} from './tables/actions.ts';
export {
  type ApprovalRow,
  countPendingApprovals,
  findApprovals,
  insertApproval,
  listApprovals,
  type NewApproval,
  nextExpiry,
  overdueApprovals,
  pendingApprovalsOfRun,
  type Resolution,
  resolveApproval,
} from './tables/approvals.ts';
export {
  deleteEventsOfRun,
  type EventRow,
  type EventsQuery,
  eventPage,
  eventRangeOfRun,
  eventsAfter,
  firstEventOf,
  outputPieces,
  seqOfLastEvents,
} from './tables/events.ts';
export {
  type LiveFigures,
  liveFigures,
  type PlanFigures,
  pendingFigures,
  planFigures,
  type RunTimes,
  runTimes,
} from './tables/figures.ts';
export { deleteHook, type HookRow, insertHook, listHooks, updateHook } from './tables/hooks.ts';
export {
  deleteOldIdempotency,
  findIdempotency,
  type IdempotencyRow,
  insertIdempotency,
} from './tables/idempotency.ts';
export {
  hasUncertainInput,
  type InputRow,
  insertInput,
  markInputArrived,
  openInputs,
  setInputState,
} from './tables/inputs.ts';
export {
  deleteOldPlanRecords,
  type EvidenceRow,
  endedOpenPlanRuns,
  findPlanRun,
  insertEvidence,
  insertPlanRun,
  type LivePlanRun,
  lingeringPlanRuns,
  livePlanRuns,
  type PlanRunRow,
  type PlanRunState,
  planEvidence,
  planRuns,
  setPlanRunState,
} from './tables/plan-runs.ts';
export {
  countPlansOfRepo,
  countPlanTasks,
  findPlan,
  findPlansById,
  getPlan,
  insertPlan,
  listPlans,
  type PlanFilter,
  type PlanHead,
  type PlanPlace,
  type PlanRow,
  type PlanTaskRow,
  planCountsByRepo,
  planOfTopicAtWork,
  planPlaces,
  planTasks,
  setPlanTasks,
  updatePlan,
  type VerdictRow,
} from './tables/plans.ts';
export { lastPortBaseOfPlace, livePortBlocks, type PortBlock } from './tables/ports.ts';
export {
  deleteRepo,
  findRemovedRepo,
  forgetRemovedRepo,
  insertRepo,
  listRepos,
  type RemovedRepo,
  type RepoRow,
  updateRepo,
} from './tables/repos.ts';
export {
  countLiveRuns,
  countLiveRunsOfRepo,
  countParkedRuns,
  deleteRun,
  type EndedRun,
  endedRuns,
  findLiveRunInPlace,
  findRunByName,
  findRunByTokenHash,
  findRunsById,
  getRun,
  insertRun,
  listRuns,
  liveRuns,
  outputBytesOfEnded,
  type QueueRow,
  queueRows,
  type RunFilter,
  type RunPulse,
  type RunRow,
  runPulse,
  type StopKind,
  updateRun,
  workingRuns,
} from './tables/runs.ts';
export { findRunById, lastRunOfSession, sessionOfPlace, tenantOf } from './tables/sessions.ts';
export {
  bodyOfSignal,
  findSignal,
  insertSignal,
  lastSignalOfRun,
  listSignals,
  type SignalFilter,
  type SignalRow,
} from './tables/signals.ts';
export {
  addUsageOfDay,
  type Spent,
  type SpentBy,
  usageByDays,
  usageByRuns,
  usageOfDay,
  usageOfSessionBefore,
} from './tables/usage.ts';
