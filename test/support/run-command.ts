import { PassThrough, Writable } from 'node:stream';
import { systemClock } from '../../src/base/index.ts';
import { runCli, type World } from '../../src/cli/index.ts';

/** What a command said and how it ended. */
export type Said = { readonly code: number; readonly out: string; readonly err: string };

export type RunCommandOptions = {
  readonly env: Record<string, string>;
  readonly world?: Partial<World>;
};

/** Runs a command in this process and collects what it says. */
export async function runCommand(argv: readonly string[], options: RunCommandOptions): Promise<Said> {
  const out = collector();
  const err = collector();
  const code = await runCli(argv, {
    env: options.env,
    stdin: new PassThrough().end(),
    stdout: out.stream,
    stderr: err.stream,
    colorDepth: 1,
    cwd: options.env.HOME ?? '/',
    clock: systemClock,
    isInteractive: false,
    isOutTerminal: false,
    isErrTerminal: false,
    openScreen: null,
    onInterrupt: () => () => {},
    program: ['/nowhere/main.js'],
    version: '0.1.0',
    runDaemon: async () => 0,
    checkDaemon: async ({ paths }) => ({ socket: paths.socket }),
    ...options.world,
  });
  return { code, out: out.text(), err: err.text() };
}

/** A stream that keeps what is written to it. */
export function collector(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
