import { statfs } from 'node:fs/promises';
import { type CommandResult, type PathFlags, runCommand } from '../base/index.ts';
import { machineWorld, type ServiceWorld } from '../service/index.ts';

/** Figures of a file system, in its own blocks. */
export type FileSystem = Readonly<Record<'bsize' | 'blocks' | 'bavail' | 'files' | 'ffree', number>>;

/** What the checks use of the machine: given by the command, or by a test. */
export type DoctorWorld = {
  /** Platform, environment of the shell, home, user, clock, and programs of the system. */
  readonly machine: ServiceWorld;
  readonly cwd: string;
  /** What stood on the command line; it is repeated in the commands that mend. */
  readonly flags: PathFlags;
  readonly version: string;
  /** The Node.js and the file of this very command. */
  readonly execPath: string;
  readonly program: string;
  /** Where the kernel tells: `/proc`. */
  readonly proc: string;
  readonly tmp: string;
  readonly fileSystem: (path: string) => Promise<FileSystem>;
  readonly execute: (
    file: string,
    args: readonly string[],
    options: {
      readonly env: Readonly<Record<string, string>>;
      readonly timeoutMs: number;
      readonly stdin?: string;
      readonly cwd?: string;
    },
  ) => Promise<CommandResult>;
};

/** Agents say little when they are asked who they are. */
const maxOutputBytes = 2 ** 20;

/** This machine. */
export function doctorWorld(
  given: Pick<DoctorWorld, 'cwd' | 'flags' | 'version' | 'execPath' | 'program'> & {
    readonly env: ServiceWorld['env'];
  },
): DoctorWorld {
  const { env, ...rest } = given;
  return {
    ...rest,
    machine: machineWorld(env),
    proc: '/proc',
    tmp: env.TMPDIR?.startsWith('/') ? env.TMPDIR : '/tmp',
    fileSystem: (path) => statfs(path),
    execute: (file, args, options) => runCommand(file, args, { ...options, maxOutputBytes }),
  };
}
