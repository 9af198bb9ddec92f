#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { fastAnswer } from './cli/fast.ts';
import { isNodeNewEnough, leastNode, version } from './contract/index.ts';

// The only bin. It is bundled on its own, for old syntax, so that an old Node.js can still read it and say what drover
// needs; everything that is not `drover status` or `--version` is loaded only when it is asked for.

if (!isNodeNewEnough(process.versions.node)) {
  process.stderr.write(
    `error: drover needs Node.js ${leastNode.join('.')} or newer, and this is ${process.versions.node}\n` +
      'hint: install a newer one from https://nodejs.org\n',
  );
  // launchd starts anew whatever ends with another code than 0, and a new start would not make Node.js newer.
  process.exitCode = process.env.DROVER_SERVICE?.startsWith('launchd:') ? 0 : 2;
} else void start(process.argv.slice(2));

async function start(argv: readonly string[]): Promise<void> {
  if (process.versions.node.startsWith('22.')) silenceSqliteWarning();
  const world = { env: process.env, cwd: process.cwd(), isOutTerminal: isatty(1), version };
  const answer = await fastAnswer(argv, world);
  if (answer !== null && wroteAll(answer.out)) {
    if (answer.err !== '') process.stderr.write(answer.err);
    return;
  }
  if (argv.includes('--foreground') || argv[0] === 'serve') {
    const { runForeground } = await import('./cli/foreground.ts');
    if (await runForeground(argv)) return;
  }
  const { runFromProcess } = await import('./cli/process.ts');
  await runFromProcess(argv);
}

/** Writes to stdout without making a stream of it; false when not even the first byte went. */
function wroteAll(text: string): boolean {
  let rest = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return true; // the reader went away, such as head
    if (rest.length === Buffer.byteLength(text)) return false;
    process.stdout.write(rest); // a pipe that is full for the moment
  }
  return true;
}

/** Node 22 warns that node:sqlite is experimental: our choice, and nothing the user can act on. */
function silenceSqliteWarning(): void {
  const emitWarning = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes('SQLite is an experimental feature')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  }) as typeof process.emitWarning;
}
