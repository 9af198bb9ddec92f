import { join } from 'node:path';
import { maxSocketPathBytes } from '../../../base/index.ts';
import { AppError } from '../../../contract/index.ts';
import { runFiles } from './folder.ts';

/** The name of the tmux session that a run's program is in, as `terminal.sh` gives it. */
const sessionName = 'run';

/** The command that shows the terminal of the run in `folder` on the terminal it is started in. */
export function attachCommand(folder: string): string[] {
  return ['tmux', '-S', join(folder, runFiles.terminalSocket), 'attach-session', '-t', sessionName];
}

/** The command of the launcher that runs `argv` in a terminal. `tmux` is an absolute path. */
export function terminalCommand(
  folder: string,
  tmux: string,
  argv: readonly string[],
): readonly [string, ...string[]] {
  return ['/bin/sh', join(folder, runFiles.terminalScript), folder, tmux, ...argv];
}

/** Throws `socket_path_too_long` where no tmux server could listen in `folder`. */
export function assertTerminalFits(folder: string): void {
  const path = join(folder, runFiles.terminalSocket);
  const bytes = Buffer.byteLength(path);
  const limit = maxSocketPathBytes(process.platform);
  if (bytes <= limit) return;
  throw new AppError(
    'socket_path_too_long',
    `The socket of the run's terminal, '${path}', would have ${bytes} bytes; ${limit} is the limit`,
    { hint: `use a state root whose path is at least ${bytes - limit} bytes shorter` },
  );
}
