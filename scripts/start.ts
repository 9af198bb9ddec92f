/**
 * `npm start`: builds drover, starts a daemon of its own below `.demo/`, and shows one run of the demo agent from the
 * first word to the diff, by the same commands a person would type. Stays up until Ctrl-C, then stops the daemon.
 * Nothing outside the project's folder is touched. `DROVER_DEMO_EXIT=1` ends it after the demo.
 */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cleanEnvironment,
  leaveDemo,
  leftSocket,
  makeRepository,
  type ProgramOptions,
  preparePlaces,
  quoted,
  runProgram,
  type Said,
} from './start-parts.ts';

/** How long the run may take until it asks for its permission. */
const approvalDeadlineMs = 60_000;
const pollMs = 150;
/** Between the question and the answer: for `attach` to show the one, and for a person to read it. */
const readingMs = 1000;

const prepared = preparePlaces(join(import.meta.dirname, '..'));
if ('takenBy' in prepared) {
  const { takenBy } = prepared;
  process.stderr.write(
    `npm start runs already in this folder, as process ${takenBy}\n  end it with Ctrl-C there, or: kill ${takenBy}\n`,
  );
  process.exit(6);
}
const places = prepared;
const main = join(places.root, 'dist', 'main.js');
const env = { ...cleanEnvironment(), DROVER_SOCKET: places.socket, DROVER_STATE_ROOT: places.state };
const interrupt = new AbortController();
const stop = () => interrupt.abort();
const interrupted = new Promise<void>((resolve) => {
  interrupt.signal.addEventListener('abort', () => resolve(), { once: true });
});
process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);

/** A failure that is told in a sentence, with what to do next. */
class DemoError extends Error {
  readonly hint: string;
  readonly exitCode: number;

  constructor(message: string, hint: string, exitCode = 1) {
    super(message);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

const say = (text = '') => process.stdout.write(`${text}\n`);
const step = (text: string) => say(`\n── ${text}`);
const drover = (args: readonly string[], options: Partial<ProgramOptions> = {}): Promise<Said> =>
  runProgram([process.execPath, main, ...args], { cwd: places.demo, env, ...options });

/** Runs a command as a person would and shows it; any exit code but 0 is an error. */
async function show(args: readonly string[]): Promise<void> {
  say(`$ drover ${args.map(quoted).join(' ')}`);
  const { code } = await drover(args, { shown: true });
  if (interrupt.signal.aborted || code === 0) return;
  throw new DemoError(`drover ${args[0]} ended with exit code ${code}`, `read ${join(places.state, 'logs')}`);
}

async function ask(args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await drover([...args, '--json']);
  if (code !== 0) throw new DemoError(`drover ${args.join(' ')} ended with exit code ${code}`, stderr.trim());
  return JSON.parse(stdout);
}

async function build(): Promise<void> {
  step('Building');
  const script = join(places.root, 'scripts', 'build.ts');
  const { code, stdout, stderr } = await runProgram([process.execPath, script], { cwd: places.root, env });
  if (code !== 0) throw new DemoError('The build failed', `${stdout}${stderr}`.trim());
  say('built into dist/');
}

async function startDaemon(): Promise<void> {
  step('A daemon of its own, with a state root in .demo/ and nothing configured');
  const left = leftSocket(places);
  if (left !== null) {
    const { code } = await drover(['daemon', 'stop', '--socket', left]);
    if (code === 0) say('stopped the daemon that an earlier npm start had left');
  }
  if (places.outside !== null)
    say(`the path of .demo/ is too long for a socket: it is in ${places.outside} until the end`);
  const where = ['--state-root', places.state, '--socket', places.socket, '--config', places.config];
  await show(['daemon', 'start', ...where]);
}

async function addRepository(): Promise<void> {
  step('A small repository to work on');
  const found = await makeRepository(places);
  if (found === 'in the way') {
    throw new DemoError(
      `${places.repo} is in the way: it is no git repository`,
      'move it elsewhere, then run npm start again',
      6,
    );
  }
  if (found === 'made') say(`made ${places.repo}`);
  const { items } = (await ask(['daemon', 'repos'])) as { items: { path: string }[] };
  if (items.some((repo) => repo.path === realpathSync(places.repo))) say('registered already');
  else await show(['daemon', 'add', places.repo]);
}

async function runDemoAgent(): Promise<void> {
  step('The demo agent gets some work. It is scripted: no model, no account, no network');
  const prompt = 'Leave a line in this repository';
  const args = ['run', '--bg', '--agent', 'demo', '--repo', places.repo, prompt];
  say(`$ drover ${args.map(quoted).join(' ')}`);
  const { run_id: id } = (await ask(args)) as { run_id: string };
  liveRun = id;
  say(id);
  step('What it does, as it happens');
  say(`$ drover attach ${id}`);
  const attached = drover(['attach', id], { shown: true });
  const answering = answerApproval(id);
  await Promise.race([answering.then(() => attached), attached, interrupted]);
  if (interrupt.signal.aborted) return;
  liveRun = null;
  await answering;
  const { code } = await attached;
  if (code !== 0)
    throw new DemoError(`The run did not succeed (exit code ${code})`, `look at it: drover runs show ${id}`);
  step('What it changed, in a worktree and on a branch of its own');
  await show(['runs', 'diff', id]);
}

/** Waits until the run asks, and answers for the person who watches. */
async function answerApproval(id: string): Promise<void> {
  const deadline = AbortSignal.timeout(approvalDeadlineMs);
  while (!deadline.aborted && !interrupt.signal.aborted && liveRun === id) {
    const { items } = (await ask(['approvals', 'list'])) as {
      items: { id: string; run_id: string; title: string }[];
    };
    const mine = items.find((approval) => approval.run_id === id);
    if (mine !== undefined) {
      await sleep(readingMs);
      if (interrupt.signal.aborted) return;
      step('It waits for a person, and would wait for days. This is the inbox, and this is the answer');
      await show(['approvals', 'list']);
      await show(['approvals', 'allow', mine.id]);
      return;
    }
    await sleep(pollMs);
  }
  if (deadline.aborted)
    throw new DemoError('The run did not ask for its permission', `look at it: drover runs show ${id}`);
}

function tellNext(): void {
  step('Where to go next: paste this into another terminal');
  say(`drover() { ${quoted(process.execPath)} ${quoted(main)} "$@"; }`);
  say(`export DROVER_SOCKET=${quoted(places.socket)} DROVER_STATE_ROOT=${quoted(places.state)}`);
  say();
  for (const [command, about] of [
    ['drover daemon status', 'what runs, what waits'],
    [`drover run --agent demo --repo ${quoted(places.repo)} "Again"`, 'the same, with you to answer'],
    ['drover approvals', 'the inbox'],
    ['drover runs list', 'every run so far'],
    [`drover run --repo ${quoted(places.repo)} "…"`, 'with an agent of yours, if one is installed'],
    ['drover --help', 'all commands'],
  ]) {
    say(`${command}\n    ${about}`);
  }
}

async function stopDaemon(): Promise<void> {
  if (!existsSync(main)) return;
  step('Stopping');
  if (liveRun !== null) await drover(['runs', 'cancel', liveRun]);
  const live = await drover(['runs', 'list', '--status', 'live', '--limit', '0', '--json']);
  const { code, stderr } = await drover(['daemon', 'stop', '--socket', places.socket]);
  const goingOn = live.code === 0 ? (JSON.parse(live.stdout) as { items: unknown[] }).items.length : 0;
  if (goingOn > 0)
    say(`runs that go on without the daemon, until the next npm start takes them up: ${goingOn}`);
  if (code === 0) say('daemon stopped; .demo/ is kept and can be removed at any time');
  else if (code !== 3) say(`the daemon could not be stopped: ${stderr.trim()}`);
}

async function play(): Promise<void> {
  for (const part of [build, startDaemon, addRepository, runDemoAgent]) {
    if (!interrupt.signal.aborted) await part();
  }
  if (interrupt.signal.aborted) return;
  tellNext();
  if (process.env.DROVER_DEMO_EXIT === '1') return;
  say('\nThe daemon stays up until Ctrl-C');
  const awake = setInterval(() => {}, 2 ** 30); // a signal handler alone does not keep Node alive
  await interrupted;
  clearInterval(awake);
}

function tellFailure(error: unknown): void {
  process.stderr.write(`\nnpm start: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof DemoError) process.stderr.write(`  ${error.hint}\n`);
  process.exitCode = error instanceof DemoError ? error.exitCode : 1;
}

let liveRun: string | null = null;
try {
  await play();
} catch (error) {
  if (!interrupt.signal.aborted) tellFailure(error);
} finally {
  await stopDaemon();
  leaveDemo(places);
}
