import { createHash } from 'node:crypto';
import {
  type Decision,
  moveTo,
  type Owed,
  type PlanFacts,
  type PlanState,
  type Rule,
  type RuleInput,
  refuse,
} from '../state.ts';

const maxKeptFeedback = 200_000;

/** All is in the branch: evidence, then a reviewer. */
export function toReview(plan: PlanState, first: readonly Owed[]): Decision {
  const round = plan.round + 1;
  return moveTo(plan, { status: 'reviewing', phase: null, round, review: null, verification: null }, [
    ...first,
    { kind: 'evidence', stage: 'review', round },
  ]);
}

/** Somebody wants a finished plan looked at once more. */
export const requestReview: Rule = ({ plan }) =>
  toReview({ ...plan, isForced: false, reviewCycle: 0, verifyCycle: 0 }, []);

/** A verdict is wanted of the branch as it is now. */
function toVerification(plan: PlanState): Decision {
  const round = plan.round + 1;
  return moveTo(plan, { status: 'verifying', phase: null, round, verification: null }, [
    { kind: 'evidence', stage: 'verify', round },
  ]);
}

export const reviewApproved: Rule = (input) => {
  const { plan, event, settings } = input;
  const stale = staleReason(input);
  if (stale !== null) return refuse(stale);
  const { head = '', base = '' } = event.facts ?? {};
  const review = { head, base, by: event.who, at: event.now };
  const approved: PlanState = { ...plan, review, feedback: null, guidance: null };
  if (settings.autoReadinessReview) return toVerification(approved);
  return moveTo(approved, { status: 'done', phase: null });
};

export const changesRequested: Rule = (input) => {
  const { plan, event, settings } = input;
  if (event.body.trim() === '') return refuse('it says nothing of what is to be changed: the body is empty');
  const reviewCycle = plan.reviewCycle + 1;
  const isOver = settings.maxReviewFixCycles > 0 && reviewCycle > settings.maxReviewFixCycles;
  return toFix(input, {
    change: { reviewCycle },
    feedback: event.body,
    essence: event.body,
    limit: isOver
      ? `its reviewer asks for changes more often than max_review_fix_cycles (${settings.maxReviewFixCycles}) allows`
      : null,
  });
};

/** A verifier approves: unless the branch moved, or it changed more itself than it may. */
export const verifyApproved: Rule = (input) => {
  const { plan, event, settings } = input;
  if (staleReason(input) !== null) return toVerification(plan); // looked at again, as it is now
  const { head = '', base = '', selfFix = null } = event.facts ?? {};
  if (selfFix !== null && selfFix.lines > settings.selfFixMaxLines) {
    const what = `The verifier changed ${selfFix.lines} lines itself, and may change ${settings.selfFixMaxLines}: what it did is no small correction, and is not in the plan's branch.`;
    return failed(input, {
      feedback: `${what} ${whereIs(selfFix, { head, who: event.who })}\n\n${event.body}`.trim(),
      essence: `${what} ${event.body}`,
    });
  }
  const to = selfFix?.commit ?? head;
  const verification = { head: to, base, by: event.who, at: event.now };
  const owes: readonly Owed[] =
    to === head ? [] : [{ kind: 'advance_branch', round: plan.round, from: head, to }];
  return moveTo(plan, { status: 'done', phase: null, verification, feedback: null, guidance: null }, owes);
};

export const verifyFailed: Rule = (input) => {
  const { body } = input.event;
  if (body.trim() === '') return refuse('it says nothing of what is wrong: the body is empty');
  if (staleReason(input) !== null) return toVerification(input.plan); // looked at again, as it is now
  return failed(input, { feedback: body, essence: body });
};

/** What was verified has moved since; or what was reviewed, where nothing is verified. */
export const verificationStale: Rule = ({ plan, event, settings }) => {
  const anew: PlanState = {
    ...plan,
    headCommit: event.facts?.head ?? plan.headCommit,
    isForced: false,
    reviewCycle: 0,
    verifyCycle: 0,
  };
  return settings.autoReadinessReview ? toVerification(anew) : toReview(anew, []);
};

/** Where a verifier's own changes are that were not taken, for who mends what it found. */
function whereIs(
  { commit, branch }: NonNullable<PlanFacts['selfFix']>,
  { head, who }: { readonly head: string; readonly who: string },
): string {
  const where = branch === null ? '' : `, on the branch ${branch}`;
  return `It is the work of ${who}${where}: \`git diff ${head} ${commit}\` shows all of it. Take over what is right of it.`;
}

function failed(input: RuleInput, { feedback, essence }: Pick<Fix, 'feedback' | 'essence'>): Decision {
  const { plan, event, settings } = input;
  const verifyCycle = plan.verifyCycle + 1;
  const isExhausted = settings.maxVerifyCycles > 0 && verifyCycle >= settings.maxVerifyCycles;
  if (isExhausted && settings.onExhausted === 'promote') {
    const { head = '', base = '' } = event.facts ?? {};
    const verification = { head, base, by: 'force_promoted', at: event.now };
    return moveTo(plan, {
      status: 'done',
      phase: null,
      verifyCycle,
      verification,
      feedback: feedback.slice(0, maxKeptFeedback),
      isForced: true,
    });
  }
  return toFix(input, {
    change: { verifyCycle },
    feedback,
    essence,
    limit: isExhausted
      ? `verification has failed as often as readiness_max_verify_cycles (${settings.maxVerifyCycles}) allows`
      : null,
  });
}

type Fix = {
  readonly change: Partial<PlanState>;
  readonly feedback: string;
  /** What of it is the same when the same is asked for again. */
  readonly essence: string;
  /** Why a person is asked first. */
  readonly limit: string | null;
};

/** Back to work with what was found; a loop that gets nowhere, or is over its limit, waits for a person. */
function toFix({ plan, event, settings }: RuleInput, { change, feedback, essence, limit }: Fix): Decision {
  const progressHash = hashOf(essence, event.facts?.diffHash ?? '');
  const next: PlanState = {
    ...plan,
    ...change,
    status: 'implementing',
    phase: 'fixing',
    round: plan.round + 1,
    feedback: feedback.slice(0, maxKeptFeedback),
    progressHash,
    review: null,
    verification: null,
  };
  const isStuck = progressHash === plan.progressHash;
  const reason =
    (isStuck ? 'the same was asked for twice, and nothing has changed in between' : null) ??
    limit ??
    (settings.autoReviewFix ? null : 'changes are asked for, and auto_review_fix is off') ??
    (settings.topicHeldBy === null
      ? null
      : `the plan '${settings.topicHeldBy}' of the same topic is being implemented`);
  if (reason !== null) return moveTo(next, { blocked: { reason, by: 'limit' } });
  return moveTo(next, {}, [fixer(next)]);
}

/** Who mends what a review or a verification found. */
export function fixer({ round }: Pick<PlanState, 'round'>): Owed {
  return { kind: 'spawn', role: 'fixer', round, wave: null, task: null, attempt: 1 };
}

/** Why a verdict is about something else than the branch as it is; null when it is not. */
function staleReason({ plan, event }: RuleInput): string | null {
  const { facts } = event;
  if (facts === null) return null;
  if (plan.headCommit !== null && facts.head !== plan.headCommit)
    return `the plan's branch is at ${short(facts.head)}, where drover did not put it: it was at ${short(plan.headCommit)}`;
  if (facts.shown !== null && facts.shown !== facts.head)
    return `it is about ${short(facts.shown)}, and the branch is at ${short(facts.head)}`;
  return null;
}

/** The same words with other marks, numbers, spacing or case are the same feedback. */
function hashOf(feedback: string, diffHash: string): string {
  const normal = feedback
    .toLowerCase()
    .replace(/[0-9a-f]{7,40}/g, '#')
    .replace(/[^\p{L}#]+/gu, ' ')
    .trim();
  return createHash('sha256').update(`${normal}\n${diffHash}`).digest('hex');
}

function short(commit: string): string {
  return commit.slice(0, 10);
}
