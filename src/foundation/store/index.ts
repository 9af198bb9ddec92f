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
  outputPieces,
  seqOfLastEvents,
} from './tables/events.ts';
export {
  type LiveFigures,
  liveFigures,
  pendingFigures,
  type RunTimes,
  runTimes,
} from './tables/figures.ts';
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
export { lastPortBaseOfPlace, livePortBlocks, type PortBlock } from './tables/ports.ts';
export { deleteRepo, insertRepo, listRepos, type RepoRow, updateRepo } from './tables/repos.ts';
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
  addUsageOfDay,
  type Spent,
  type SpentBy,
  usageByDays,
  usageByRuns,
  usageOfDay,
  usageOfSessionBefore,
} from './tables/usage.ts';
