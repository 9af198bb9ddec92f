import type { RouteId } from '../../contract/index.ts';
import type { Handler } from '../route.ts';
import { listAgents } from './agents/list.ts';
import { listApprovals } from './approvals/list.ts';
import { resolveApproval } from './approvals/resolve.ts';
import { showApproval } from './approvals/show.ts';
import { openapi } from './daemon/openapi.ts';
import { reload } from './daemon/reload.ts';
import { shutdown } from './daemon/shutdown.ts';
import { status } from './daemon/status.ts';
import { events } from './events/all.ts';
import { createPlan } from './plans/create.ts';
import { listPlans } from './plans/list.ts';
import { sayOfPlan } from './plans/say.ts';
import { showPlan } from './plans/show.ts';
import { updatePlan } from './plans/update.ts';
import { health } from './probe/health.ts';
import { healthz } from './probe/healthz.ts';
import { metrics } from './probe/metrics.ts';
import { metricsJson } from './probe/metrics-json.ts';
import { readyz } from './probe/readyz.ts';
import { addRepo } from './repos/add.ts';
import { listRepos } from './repos/list.ts';
import { removeRepo } from './repos/remove.ts';
import { showRepo } from './repos/show.ts';
import { updateRepo } from './repos/update.ts';
import { applyRun } from './runs/apply.ts';
import { cancelRun } from './runs/cancel.ts';
import { runDiff } from './runs/diff.ts';
import { runEvents } from './runs/events.ts';
import { listRuns } from './runs/list.ts';
import { runLogs } from './runs/logs.ts';
import { retryRun } from './runs/retry.ts';
import { sendInput } from './runs/send.ts';
import { showRun } from './runs/show.ts';
import { startRun } from './runs/start.ts';
import { listSignals } from './signals/list.ts';
import { retrySignal } from './signals/retry.ts';
import { sendSignal } from './signals/send.ts';
import { reportUsage } from './usage/report.ts';
import { listWorkers } from './workers/list.ts';
import { workerLogs } from './workers/logs.ts';
import { registerWorker } from './workers/register.ts';
import { removeWorker } from './workers/remove.ts';
import { showWorker } from './workers/show.ts';
import { listWorktrees } from './worktrees/list.ts';
import { pruneWorktrees } from './worktrees/prune.ts';
import { restoreWorktree } from './worktrees/restore.ts';

/** The handler of every route of the contract: one that is missing does not compile. */
export const handlers: { readonly [Id in RouteId]: Handler<Id> } = {
  healthz,
  readyz,
  health,
  metrics,
  metricsJson,
  status,
  openapi,
  reload,
  shutdown,
  agentsList: listAgents,
  reposList: listRepos,
  reposAdd: addRepo,
  reposShow: showRepo,
  reposUpdate: updateRepo,
  reposRemove: removeRepo,
  runsStart: startRun,
  runsRetry: retryRun,
  runsList: listRuns,
  runsShow: showRun,
  runsCancel: cancelRun,
  runsSend: sendInput,
  runsEvents: runEvents,
  runsLogs: runLogs,
  runsDiff: runDiff,
  runsApply: applyRun,
  workersList: listWorkers,
  workersRegister: registerWorker,
  workersShow: showWorker,
  workersRemove: removeWorker,
  workersLogs: workerLogs,
  usage: reportUsage,
  events,
  worktreesList: listWorktrees,
  worktreesPrune: pruneWorktrees,
  worktreesRestore: restoreWorktree,
  approvalsList: listApprovals,
  approvalsShow: showApproval,
  approvalsResolve: resolveApproval,
  plansList: listPlans,
  plansCreate: createPlan,
  plansShow: showPlan,
  plansUpdate: updatePlan,
  plansSay: sayOfPlan,
  signalsList: listSignals,
  signalsSend: sendSignal,
  signalsRetry: retrySignal,
};
