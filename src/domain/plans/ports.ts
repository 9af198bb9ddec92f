import type { Clock, Log } from '../../base/index.ts';
import type { PlanRole, Run, StartRun } from '../../contract/index.ts';
import type { RunRow, Store, Transaction } from '../../foundation/store/index.ts';
import type { PlanSettings } from './machine/state.ts';

/** What a repository's own settings, where they are trusted, and the operator's say of its plans. */
export type RepoPlanSettings = Omit<PlanSettings, 'topicHeldBy'> & {
  readonly agentOf: (role: PlanRole) => string | undefined;
  readonly verify: readonly string[];
  /** What becomes of the repository's own configuration. */
  readonly own: 'none' | 'used' | 'untrusted' | 'broken';
  /** What is wrong with it, where it is broken. */
  readonly ownProblem: string | null;
  /** The repository's own prompt of a role, where it has one and is trusted. */
  readonly templateOf: (role: PlanRole | 'ask') => Promise<string | undefined>;
  /** Why the repository's own settings, which a person has trusted once, do not count now, and what to do; else null. */
  readonly lapsed: string | null;
};

/** What plans need of the repositories' room. */
export type PlanWork = {
  /** The branch that is checked out, or the commit where none is. Throws `repo_unusable`. */
  readonly currentBase: (repoId: string) => Promise<string>;
  /** Throws `base_not_found` or `repo_unusable`. */
  readonly commitOf: (repoId: string, base: string) => Promise<string>;
  readonly branchHead: (repoId: string, branch: string) => Promise<string | null>;
  /** Where each branch is. */
  readonly branches: (repoId: string) => Promise<ReadonlyMap<string, string>>;
  /** Whether what has come to the base since `from` has all of `head`, or touches files that it has changed. */
  readonly standing: (
    repoId: string,
    of: { readonly from: string; readonly base: string; readonly head: string },
  ) => Promise<'merged' | 'overlap' | 'apart'>;
  /** True when `commit` is `within` itself or in its history. */
  readonly contains: (
    repoId: string,
    of: { readonly commit: string; readonly within: string },
  ) => Promise<boolean>;
  readonly moveBranch: (
    repoId: string,
    move: { readonly branch: string; readonly from: string | null; readonly to: string },
  ) => Promise<void>;
  readonly setAside: (
    repoId: string,
    of: { readonly branch: string; readonly aside: string },
  ) => Promise<void>;
  readonly join: (
    run: RunRow,
    onto: {
      readonly branch: string;
      readonly head: string;
      readonly title: string;
      readonly trailer: string;
      /** What an earlier try was about to make of the branch: read when it is the turn of this one. */
      readonly announced: () => string | null;
      readonly announce: (commit: string) => Promise<void>;
    },
  ) => Promise<
    | { readonly kind: 'joined' | 'nothing'; readonly commit: string }
    | { readonly kind: 'conflict'; readonly files: readonly string[] }
    /** Repositories that it made inside its worktree: no commit can hold what is in these folders. */
    | { readonly kind: 'nested'; readonly folders: readonly string[] }
    /** Submodules with work that is in none of their remotes. */
    | { readonly kind: 'unpushed'; readonly folders: readonly string[] }
    /** It has files in these folders of signals. */
    | { readonly kind: 'signals'; readonly folders: readonly string[] }
    | { readonly kind: 'moved'; readonly commit: string | null }
  >;
  /**
   * The branch that a run's worktree has checked out where it is somebody else's: the plan's, its base, or any that was
   * there before the run or is checked out elsewhere too. What was committed there is no work of the run alone.
   */
  readonly foreignBranchOf: (
    run: RunRow,
    plan: { readonly branch: string; readonly base: string },
  ) => Promise<string | null>;
  /** The plan's base and branches of remotes that have commits of a run, which began at `from`. */
  readonly publishedBy: (
    run: RunRow,
    of: { readonly from: string; readonly base: string },
  ) => Promise<readonly string[]>;
  /** What a run has changed since `head`; null: nothing. */
  readonly measure: (
    run: RunRow,
    of: { readonly head: string; readonly title: string },
  ) => Promise<{ readonly commit: string; readonly lines: number } | null>;
  readonly compare: (
    repoId: string,
    from: string,
    to: string,
  ) => Promise<{ readonly lines: number; readonly stat: string; readonly tree: string }>;
};

/** What plans need of the runs' room. */
export type PlanRuns = {
  readonly start: (
    request: StartRun,
    also: (tx: Transaction, run: Run) => void,
    env: Readonly<Record<string, string>>,
  ) => Promise<Run>;
  readonly row: (id: string) => RunRow | null;
  readonly cancel: (id: string, by: string) => Promise<void>;
  /** Resolves when a run has ended; one that goes on after `graceMs` is cancelled. Rejects with the signal's reason. */
  readonly settle: (
    id: string,
    of: { readonly graceMs: number; readonly by: string; readonly signal: AbortSignal },
  ) => Promise<void>;
  /** True when the agent of a run can be asked in the conversation that it had. */
  readonly canGoOn: (run: RunRow) => boolean;
  /** What a run has written by now, piece by piece; nothing where it is gone. */
  readonly outputOf: (run: RunRow, stream: 'stdout' | 'stderr') => AsyncIterable<Buffer>;
};

/** What the room is made with. */
export type PlansDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly work: PlanWork;
  readonly runs: PlanRuns;
  /** Applies what lies in the files of a worktree. */
  readonly collectSignals: (worktree: string) => Promise<void>;
  /** Throws `repo_not_found`. */
  readonly settingsOf: (repoId: string) => Promise<RepoPlanSettings>;
};
