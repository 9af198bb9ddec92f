import type { BaseContext } from 'clipanion';
import type { Clock, Paths } from '../base/index.ts';
import type { Catalogue } from './catalogue-types.ts';
import type { Screen } from './screen.ts';

/** What `daemon start --foreground` says about the daemon it wants. */
export type RunDaemonOptions = {
  readonly profile: string | undefined;
  readonly config: string | undefined;
  readonly stateRoot: string | undefined;
  readonly socket: string | undefined;
  readonly addr: string | undefined;
  readonly adminToken: string | undefined;
  readonly readonlyToken: string | undefined;
  /** The same flags and the environment as places. */
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** What a command may use of the world: given by main.ts, or by a test. */
export type World = BaseContext & {
  readonly cwd: string;
  readonly clock: Clock;
  /** A person sits at the terminal: commands may wait for them. */
  readonly isInteractive: boolean;
  readonly isOutTerminal: boolean;
  readonly isErrTerminal: boolean;
  /** Takes the terminal over for a live picture; null where nobody sits at one. */
  readonly openScreen: (() => Screen) | null;
  /** Calls the listener for each Ctrl-C. Returns the function that gives Ctrl-C back. */
  readonly onInterrupt: (listener: () => void) => () => void;
  /** The file that starts this program again: `dist/main.js`. */
  readonly program: readonly string[];
  readonly version: string;
  /** Runs the daemon in this process until it stops; the exit code. Loads it only then. */
  readonly runDaemon: (options: RunDaemonOptions) => Promise<number>;
  /** Reads what such a daemon would read at its start, and throws what it would throw; where it would listen. */
  readonly checkDaemon: (options: RunDaemonOptions) => Promise<{ readonly socket: string }>;
};

/** The same with what is known of this call. */
export type CliContext = World & {
  /** What stood after `--` of a command that starts a run, or null. */
  readonly command: readonly string[] | null;
  readonly catalogue: Catalogue;
};
