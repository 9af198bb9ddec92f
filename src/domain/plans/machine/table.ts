import type { PlanEventName, PlanStatus } from '../../../contract/index.ts';
import {
  architected,
  implement,
  implementFinished,
  mergeConflict,
  reimplement,
  taskFailed,
  taskFinished,
  taskMerged,
  waveStart,
} from './rules/implementing.ts';
import {
  changesRequested,
  requestReview,
  reviewApproved,
  verificationStale,
  verifyApproved,
  verifyFailed,
} from './rules/judging.ts';
import { cancel, decided, markDone, needsDecision, retry, retryOwed } from './rules/operator.ts';
import { advance, planAnew, planned, startPlanning } from './rules/planning.ts';
import type { Rule } from './state.ts';

/**
 * The one table of plans: what an event does in a state (contract §7). A cell that is missing is refused, and nothing
 * changes. docs/plans.md shows it.
 */
export const table: Readonly<Record<PlanEventName, Partial<Readonly<Record<PlanStatus, Rule>>>>> = {
  plan_start: { ready: startPlanning, planning: startPlanning },
  planner_finished: { planning: planned },
  advance: { planning: advance },
  implement_start: { ready: implement },
  elaborator_finished: { implementing: architected },
  wave_start: { implementing: waveStart },
  task_finished: { implementing: taskFinished },
  task_merged: { implementing: taskMerged },
  task_failed: { implementing: taskFailed },
  merge_conflict: { implementing: mergeConflict },
  implement_finished: { implementing: implementFinished },
  review_approved: { reviewing: reviewApproved },
  review_changes_requested: { reviewing: changesRequested },
  verify_approved: { verifying: verifyApproved },
  verify_failed: { verifying: verifyFailed },
  verification_stale: { done: verificationStale },
  mark_done: { ready: markDone },
  request_review: { done: requestReview },
  start_over: { done: planAnew },
  reimplement: { done: reimplement },
  cancel: {
    ready: cancel,
    planning: cancel,
    implementing: cancel,
    reviewing: cancel,
    verifying: cancel,
    done: cancel,
  },
  reopen: { cancelled: planAnew },
  needs_decision: {
    ready: needsDecision,
    planning: needsDecision,
    implementing: needsDecision,
    reviewing: needsDecision,
    verifying: needsDecision,
  },
  decide: {
    ready: decided,
    planning: decided,
    implementing: decided,
    reviewing: decided,
    verifying: decided,
  },
  retry: {
    ready: retry,
    planning: retry,
    implementing: retry,
    reviewing: retry,
    verifying: retry,
    done: retryOwed,
    cancelled: retryOwed,
  },
};
