import type { Clock, Log } from '../../base/index.ts';
import type { PortBlock, RunRow, Store } from '../../foundation/store/index.ts';
import type { Adapter } from '../agents/index.ts';
import type { Budget } from './budget.ts';
import type { Policy } from './policy/judge.ts';
import type { PortRange } from './run-ports.ts';

/** How a run's folder stands: exactly one of these at any instant (architecture, idea 1). */
export type FolderState =
  | { readonly kind: 'unclaimed' }
  | { readonly kind: 'claimed' }
  /** `pid` is null in the moment around the agent's start. */
  | { readonly kind: 'running'; readonly pid: number | null }
  | {
      readonly kind: 'ended';
      readonly exitCode: number;
      readonly signal: string | null;
      /** The system, or somebody by hand, told the whole run to end. */
      readonly wasStopped: boolean;
      /** The command that failed before there was an agent. */
      readonly setUpFailure?: { readonly command: string; readonly status: number };
      readonly pid: number | null;
    }
  /** `pid` is null when no agent was written down: most likely none was started. */
  | { readonly kind: 'vanished'; readonly reason: string; readonly pid: number | null };

/** What the engine needs of the launcher; `launch/` is the real one. */
export type LaunchPort = {
  /** True when the folder is whole: it may have been launched, and is never written again. */
  readonly isPrepared: (run: RunRow) => Promise<boolean>;
  /** Writes the run's folder. Half of one that a crash left is written anew. */
  readonly prepare: (run: RunRow, work: PreparedWork) => Promise<void>;
  /** Starts the launcher; harmless when it was started before. Rejects when the machine has no room or no manager. */
  readonly launch: (run: RunRow) => Promise<{ readonly launchedBy: 'systemd' | 'session' }>;
  /** A folder that is gone (removed by hand) is `unclaimed` before the launch was recorded, `vanished` after it. */
  readonly inspect: (run: RunRow) => Promise<FolderState>;
  /** Makes sure that a launch that shows no process never starts one. False: it has started. */
  readonly voidLaunch: (run: RunRow) => Promise<boolean>;
  readonly requestEndOfInput: (run: RunRow) => Promise<void>;
  /** Opens the agent's stdin for writing. Not `isFresh`: what is written first ends a line that a dead writer cut. */
  readonly openInput: (run: RunRow, options: { readonly isFresh: boolean }) => Promise<InputWriter>;
  /** Ends the whole tree: TERM, a grace, KILL. Resolves when nothing of it is left, or rejects with `timeout`. */
  readonly endTree: (run: RunRow, options: { readonly graceMs: number }) => Promise<void>;
  /** Why the operating system ended it, where it knows: `out_of_memory` or null. Forgets what it knows. */
  readonly verdict: (run: RunRow) => Promise<'out_of_memory' | null>;
  readonly outputFile: (runId: string, stream: 'stdout' | 'stderr') => string;
  readonly folder: (runId: string) => string;
  /** Throws `agent_unknown` or `socket_path_too_long` where a run of this id could not have a terminal. */
  readonly assertTerminal: (runId: string) => void;
  /** The command that shows the terminal of a run that is in one. */
  readonly attachCommand: (runId: string) => readonly string[];
};

/** Stdin of an agent. One line at a time; resolves when the kernel has all of it. */
export type InputWriter = {
  /** Rejects with `fields.written` when the line did not go in whole, at the latest after `signal`. */
  readonly write: (line: string, signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Where a run works, what it is started with, and with what environment. */
export type PreparedWork = {
  readonly cwd: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** All that stdin holds, for an agent that nothing is written to. */
  readonly stdin?: string;
  readonly setUp?: SetUp;
};

/** Commands that the run begins with, before its agent, unless the file `marker` is there, which they leave behind. */
export type SetUp = { readonly commands: readonly string[]; readonly marker: string };

/** What the engine needs of the repositories' room. */
export type WorkPort = {
  /**
   * Makes the worktree or scratch folder of this run; the same one when it is asked again. `owner` is the run whose place
   * it works in, mostly itself. Throws `repo_unusable` where a place that others have worked in is gone.
   */
  readonly prepare: (
    run: RunRow,
    owner: RunRow,
  ) => Promise<{
    readonly cwd: string;
    /** False in a repository whose own configuration nobody has approved. */
    readonly isTrusted: boolean;
    readonly branch: string | null;
    readonly baseCommit: string | null;
    readonly uncommittedFiles: number;
    readonly setUp?: SetUp;
    /** What a person should know of the place, one sentence each. */
    readonly notices?: readonly string[];
  }>;
  /** The environment of the agent, with this run's token. */
  readonly environment: (
    run: RunRow,
    options: {
      readonly token: string;
      readonly isTrusted: boolean;
      readonly ports: PortBlock | null;
    },
  ) => Readonly<Record<string, string>>;
};

/** Limits that the configuration sets; read when they matter, so that a reload is felt. */
export type RunLimits = {
  readonly outputBytes: number;
  readonly idleMs: number;
  readonly pollMs: number;
  /** Null: runs get no ports. */
  readonly ports?: PortRange | null;
};

/** What every part of the engine is made with. */
export type EngineDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly launch: LaunchPort;
  readonly work: WorkPort;
  readonly adapterOf: (run: RunRow) => Adapter<unknown>;
  readonly issueToken: () => { readonly token: string; readonly hash: string };
  readonly limits: () => RunLimits;
  /** What may be used up; read when it matters, so that a reload is felt. */
  readonly budget: () => Budget;
  /** What is decided without a person; read at each request, so that a reload is felt. */
  readonly policy: () => Policy;
};
