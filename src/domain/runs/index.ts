/**
 * runs: one execution of one agent on one prompt, from the queue to a final state. It owns the queue, the launch, the
 * following of a run's files, input, approvals and the end; it promises that a run which was accepted ends exactly
 * once, whatever happens to this process, and must not know who asked (HTTP, CLI) or what an agent's bytes mean.
 */

export type { Budget } from './budget.ts';
export { cancelAnswerMs } from './cancel.ts';
export { createTreeReader, type TreeReader, type TreeUsage } from './launch/index.ts';
export { createLaunchPort } from './launch-port.ts';
export type { ListApprovals, ListRuns } from './list.ts';
export { type LogType, type OpenLog, openLog } from './logs.ts';
export { commandAgentName } from './new-run.ts';
export type { NewRunContext } from './new-run-context.ts';
export { placeIdOf } from './place.ts';
export { createPolicy } from './policy/current.ts';
export type { Policy } from './policy/judge.ts';
export type {
  EngineDeps,
  FolderState,
  InputWriter,
  LaunchPort,
  PreparedWork,
  RunLimits,
  SetUp,
  WorkPort,
} from './ports.ts';
export type { QueueLimits } from './queue.ts';
export { type RemovedWork, type RetainDeps, type RetainLimits, removeOldRuns } from './retain.ts';
export { type PortRange, parsePortRange } from './run-ports.ts';
export { createRuns, type Runs, type RunsDeps } from './runs.ts';
export { reportUsage } from './usage.ts';
