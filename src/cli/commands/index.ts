/**
 * commands: one class per command, which parses, calls and prints. The list here is what exists: help, completion,
 * docs/cli.md and the suggestion after a typing error come from it.
 */
import type { CommandClass } from 'clipanion';
import type { CliContext } from '../context.ts';
import { AgentsListCommand } from './agents/list.ts';
import { ApprovalsListCommand } from './approvals/list.ts';
import { ApprovalsAllowCommand, ApprovalsAnswerCommand, ApprovalsDenyCommand } from './approvals/resolve.ts';
import { ApprovalsShowCommand } from './approvals/show.ts';
import { CompletionCommand } from './completion.ts';
import { ListProfilesCommand } from './daemon/profiles.ts';
import { DaemonReloadCommand } from './daemon/reload.ts';
import {
  DaemonAddCommand,
  DaemonMoveCommand,
  DaemonRemoveCommand,
  DaemonRenameCommand,
  DaemonReposCommand,
  DaemonTrustCommand,
} from './daemon/repos.ts';
import { DaemonRestartCommand } from './daemon/restart.ts';
import { DaemonStartCommand, ServeCommand } from './daemon/start.ts';
import { DaemonStatusCommand } from './daemon/status.ts';
import { DaemonStopCommand } from './daemon/stop.ts';
import { DoctorCommand } from './doctor.ts';
import { HelpCommand } from './help.ts';
import { LogsCommand } from './logs.ts';
import { PlanCreateCommand } from './plan/create.ts';
import { PlanDecideCommand } from './plan/decide.ts';
import { PlanEditCommand } from './plan/edit.ts';
import { PlanImplementCommand } from './plan/implement.ts';
import { PlanListCommand } from './plan/list.ts';
import { PlanShowCommand } from './plan/show.ts';
import {
  PlanAdvanceCommand,
  PlanCancelCommand,
  PlanDoneCommand,
  PlanReimplementCommand,
  PlanReopenCommand,
  PlanRequestReviewCommand,
  PlanRetryCommand,
  PlanStartCommand,
  PlanStartOverCommand,
} from './plan/words.ts';
import { RunsApplyCommand } from './run/apply.ts';
import { AttachCommand } from './run/attach.ts';
import { RunsCancelCommand } from './run/cancel.ts';
import { RunsDiffCommand } from './run/diff.ts';
import { RunsListCommand } from './run/list.ts';
import { RunsLogsCommand } from './run/logs.ts';
import { RunsRetryCommand } from './run/retry.ts';
import { RunCommand, RunsStartCommand } from './run/run.ts';
import { RunsSendCommand } from './run/send.ts';
import { RunsShowCommand } from './run/show.ts';
import { RunsWaitCommand } from './run/wait.ts';
import { InstallServiceCommand } from './service/install.ts';
import { ServiceUnitCommand } from './service/print-unit.ts';
import { UninstallServiceCommand } from './service/uninstall.ts';
import { SignalListCommand } from './signal/list.ts';
import { SignalRetryCommand } from './signal/retry.ts';
import { SignalSendCommand } from './signal/send.ts';
import { UsageCommand } from './usage.ts';
import { VersionCommand } from './version.ts';
import { KillCommand } from './worker/kill.ts';
import { PsCommand } from './worker/ps.ts';
import { TopCommand } from './worker/top.ts';
import { WorktreesListCommand } from './worktrees/list.ts';
import { WorktreesPruneCommand, WorktreesRemoveCommand } from './worktrees/prune.ts';
import { WorktreesRestoreCommand } from './worktrees/restore.ts';

/** Every command, in the order of the help. */
export const commandClasses: readonly CommandClass<CliContext>[] = [
  RunCommand,
  RunsListCommand,
  RunsStartCommand,
  RunsShowCommand,
  RunsCancelCommand,
  RunsSendCommand,
  RunsRetryCommand,
  RunsLogsCommand,
  RunsDiffCommand,
  RunsApplyCommand,
  RunsWaitCommand,
  AttachCommand,
  UsageCommand,
  PlanCreateCommand,
  PlanListCommand,
  PlanShowCommand,
  PlanEditCommand,
  PlanStartCommand,
  PlanAdvanceCommand,
  PlanImplementCommand,
  PlanDecideCommand,
  PlanRetryCommand,
  PlanCancelCommand,
  PlanReopenCommand,
  PlanDoneCommand,
  PlanStartOverCommand,
  PlanReimplementCommand,
  PlanRequestReviewCommand,
  SignalSendCommand,
  SignalListCommand,
  SignalRetryCommand,
  WorktreesListCommand,
  WorktreesPruneCommand,
  WorktreesRemoveCommand,
  WorktreesRestoreCommand,
  AgentsListCommand,
  PsCommand,
  TopCommand,
  KillCommand,
  ApprovalsListCommand,
  ApprovalsShowCommand,
  ApprovalsAllowCommand,
  ApprovalsDenyCommand,
  ApprovalsAnswerCommand,
  DaemonStartCommand,
  DaemonStopCommand,
  DaemonRestartCommand,
  DaemonReloadCommand,
  DaemonStatusCommand,
  ServeCommand,
  ListProfilesCommand,
  LogsCommand,
  DoctorCommand,
  DaemonAddCommand,
  DaemonRemoveCommand,
  DaemonReposCommand,
  DaemonMoveCommand,
  DaemonRenameCommand,
  DaemonTrustCommand,
  InstallServiceCommand,
  UninstallServiceCommand,
  ServiceUnitCommand,
  CompletionCommand,
  HelpCommand,
  VersionCommand,
];
