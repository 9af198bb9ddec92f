import type { PlanEventName, PlanPhase, PlanRole, PlanStatus, TaskStatus } from '../../../contract/index.ts';

/** A task as the machine sees it. */
export type TaskState = {
  readonly number: number;
  readonly wave: number;
  readonly status: TaskStatus;
  /** How often a coder was started for it. */
  readonly attempt: number;
  readonly reason: string | null;
};

/** Which commits a verdict is about. */
export type Verdict = {
  readonly head: string;
  readonly base: string;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
};

/** What a person has to decide. */
export type Block = { readonly reason: string; readonly by: string };

/** What a person has decided, and apart from it what they were asked: that may be the words of an agent. */
export type Guidance = { readonly question: string | null; readonly answer: string };

/** A plan as the machine sees it: all that a decision depends on, and all that one may change. */
export type PlanState = {
  readonly id: string;
  readonly status: PlanStatus;
  readonly phase: PlanPhase | null;
  /** Counts what was begun: each planning, implementation, fix, review and verification has one of its own. */
  readonly round: number;
  readonly wave: number;
  readonly tasks: readonly TaskState[];
  readonly reviewCycle: number;
  readonly verifyCycle: number;
  readonly feedback: string | null;
  /** Of the diff and the feedback of the last review or verification that asked for changes. */
  readonly progressHash: string | null;
  /** A person's words for the agents that come, from the last decision. */
  readonly guidance: Guidance | null;
  readonly blocked: Block | null;
  readonly isForced: boolean;
  readonly headCommit: string | null;
  readonly review: Verdict | null;
  readonly verification: Verdict | null;
};

/** What a repository's and the operator's settings say, and what of the world the guards depend on. */
export type PlanSettings = {
  readonly autoAdvance: boolean;
  readonly autoImplement: boolean;
  readonly autoAdvanceWaves: boolean;
  readonly autoReviewFix: boolean;
  readonly autoReadinessReview: boolean;
  /** 0 = no limit by count. */
  readonly maxReviewFixCycles: number;
  readonly selfFixMaxLines: number;
  /** 0 = no limit by count. */
  readonly maxVerifyCycles: number;
  readonly onExhausted: 'promote' | 'block';
  readonly maxParallelWaveTasks: number;
  /** An architect looks at a plan before its first wave. */
  readonly hasArchitect: boolean;
  /** Name of the plan of the same topic that is implemented now. */
  readonly topicHeldBy: string | null;
};

/** What was measured for an event before it is decided upon. */
export type PlanFacts = {
  /** Where the plan's branch is now. */
  readonly head: string;
  /** Where the base is now. */
  readonly base: string;
  /** The commit that the one who gives a verdict was shown; null where a person gives it. */
  readonly shown: string | null;
  /** Lines that the verifier changed itself, added plus deleted; the commit that has them, and the branch of its run. */
  readonly selfFix: {
    readonly lines: number;
    readonly commit: string;
    readonly branch: string | null;
  } | null;
  /** Hash of the plan's whole diff. */
  readonly diffHash: string;
};

/** Something that is said of a plan. */
export type PlanEvent = {
  readonly name: PlanEventName;
  readonly by: 'agent' | 'operator' | 'daemon';
  /** Who, as stored with what follows: `person`, a run's id. */
  readonly who: string;
  readonly wave: number | null;
  readonly task: number | null;
  readonly body: string;
  /** Tasks of a plan text that came with it, parsed; null when none came. */
  readonly tasks: readonly Pick<TaskState, 'number' | 'wave'>[] | null;
  readonly facts: PlanFacts | null;
  /** Running tasks that nobody works on any more: what a decision has to start again. */
  readonly idleTasks: readonly number[];
  /** Something that the plan owes has failed, given up or not. */
  readonly hasTrouble: boolean;
  /** Of `task_failed`: a person ended it, so it is not tried again. */
  readonly isFinal?: boolean;
  /** Of `task_failed`: who worked on it has asked and was answered, so it is tried again in any case. */
  readonly isAnswered?: boolean;
  readonly now: number;
};

/** What a transition owes: carried out after it, until it is done. */
export type Owed =
  | {
      readonly kind: 'spawn';
      readonly role: PlanRole;
      readonly round: number;
      readonly wave: number | null;
      readonly task: number | null;
      readonly attempt: number;
    }
  /** Asks a run that ended without its signal, in the conversation that it had. */
  | {
      readonly kind: 'ask';
      readonly runId: string;
      readonly role: PlanRole;
      readonly round: number;
      readonly wave: number | null;
      readonly task: number | null;
      readonly attempt: number;
    }
  /** Cancels the runs of a role; of all when null. */
  | { readonly kind: 'stop'; readonly role: PlanRole | null; readonly round: number }
  /** Joins the work of a task's newest run, or of the round's fixer, onto the plan's branch. */
  | {
      readonly kind: 'join';
      readonly round: number;
      readonly task: number | null;
      readonly attempt: number;
      /** A person has said that the task is done: its work is taken as it is. */
      readonly isAccepted?: boolean;
      /** What the branch was about to be at the last try. */
      readonly announced?: string;
      /** A person was told where else its commits are, and lets it go on. */
      readonly isToldOf?: string;
    }
  /** Runs the repository's own commands, then starts who judges; for the first time where no attempt is told. */
  | {
      readonly kind: 'evidence';
      readonly stage: 'review' | 'verify';
      readonly round: number;
      readonly attempt?: number;
    }
  /** Takes the plan's branch to a commit that is ahead of it. */
  | { readonly kind: 'advance_branch'; readonly round: number; readonly from: string; readonly to: string }
  /** Keeps the branch as it is under another name, and begins a new one. */
  | { readonly kind: 'renew_branch'; readonly round: number };

/** What became of an event. */
export type Decision =
  | { readonly ok: true; readonly next: PlanState; readonly owes: readonly Owed[] }
  | { readonly ok: false; readonly reason: string };

/** What a rule is given. */
export type RuleInput = {
  readonly plan: PlanState;
  readonly event: PlanEvent;
  readonly settings: PlanSettings;
};

/** One cell of the table. */
export type Rule = (input: RuleInput) => Decision;

export function refuse(reason: string): Decision {
  return { ok: false, reason };
}

export function moveTo(plan: PlanState, change: Partial<PlanState>, owes: readonly Owed[] = []): Decision {
  return { ok: true, next: { ...plan, ...change }, owes };
}
