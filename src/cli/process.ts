import { fileURLToPath } from 'node:url';
import { systemClock } from '../base/index.ts';
import { version } from '../contract/index.ts';
import type { World } from './context.ts';
import { runCli } from './run-cli.ts';
import { openScreen } from './screen.ts';

const runDaemonHere: World['runDaemon'] = async (options) =>
  (await import('../daemon/index.ts')).runDaemon(options);

const checkDaemonHere: World['checkDaemon'] = async (options) =>
  (await import('../daemon/index.ts')).checkDaemon(options);

/** Runs one command line on the real process; its exit code is the process's. */
export async function runFromProcess(argv: readonly string[], runDaemon = runDaemonHere): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(); // the reader went away, such as head
    });
  }
  process.exitCode = await runCli(argv, { ...worldOf(process), runDaemon, checkDaemon: checkDaemonHere });
}

function worldOf({ env, stdin, stdout, stderr }: NodeJS.Process): Omit<World, 'runDaemon' | 'checkDaemon'> {
  const isOutTerminal = stdout.isTTY === true;
  const isErrTerminal = stderr.isTTY === true;
  return {
    env,
    stdin,
    stdout,
    stderr,
    colorDepth: 1,
    cwd: process.cwd(),
    clock: systemClock,
    isInteractive: stdin.isTTY === true && (isOutTerminal || isErrTerminal),
    isOutTerminal,
    isErrTerminal,
    openScreen:
      stdin.isTTY === true && isOutTerminal && env.TERM !== 'dumb'
        ? () => openScreen({ stdin, stdout, process })
        : null,
    onInterrupt: (listener) => {
      process.on('SIGINT', listener);
      return () => process.off('SIGINT', listener);
    },
    program: [process.argv[1] ?? fileURLToPath(import.meta.url)],
    version,
  };
}
