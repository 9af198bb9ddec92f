/**
 * `npm test`: the whole check, then every suite of tests, on a machine that may be new. The last line is always
 * `N passed, N failed, N skipped`: tap's assertions, with each step before them counted as one. It exits 1 when anything
 * failed, when a suite ran nothing, and when the time is up. `npm test -- e2e crash` runs only the suites that are named.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { installAgentClis } from '../test/support/agent-clis.ts';
import { fastTests, runSteps, staticSteps, stepsBeforeTap } from './steps.ts';
import { installPackages } from './test/packages.ts';
import { type Counts, countTap, type FileResult } from './test/results.ts';

type Suite = {
  readonly name: string;
  readonly files: readonly string[];
  /** Test files at the same time; those that load the machine on purpose run one after another. */
  readonly jobs: number;
  /** What a single file may take before it has failed; a file may ask for more by itself. */
  readonly timeoutSeconds: number;
  /** It mostly waits, and runs at the same time as the one before it. */
  readonly isBeside?: true;
};

/** The whole must end by itself before a CI service that gives half an hour, and installs first, ends it. */
const deadlineMs = 26 * 60_000;
const jobs = Math.max(2, Math.min(4, availableParallelism()));
const inSuite = (name: string) => globSync(`test/${name}/**/*.test.ts`).sort();

const suites: readonly Suite[] = [
  { name: 'unit', files: fastTests(), jobs, timeoutSeconds: 120 },
  { name: 'engine', files: inSuite('engine'), jobs, timeoutSeconds: 120 },
  { name: 'repos', files: inSuite('repos'), jobs, timeoutSeconds: 120 },
  { name: 'e2e', files: inSuite('e2e'), jobs: 4, timeoutSeconds: 300 },
  { name: 'agents-real', files: inSuite('agents-real'), jobs: 2, timeoutSeconds: 400 },
  { name: 'crash', files: inSuite('crash'), jobs: 2, timeoutSeconds: 420 },
  { name: 'hostile', files: inSuite('hostile'), jobs: 2, timeoutSeconds: 420 },
  { name: 'systemd', files: inSuite('systemd'), jobs: 1, timeoutSeconds: 360 },
  { name: 'launchd', files: inSuite('launchd'), jobs: 2, timeoutSeconds: 240, isBeside: true },
];

const total: Counts = { passed: 0, failed: 0, skipped: [] };
const say = (text = '') => process.stdout.write(`${text}\n`);
const home = mkdtempSync(join(tmpdir(), 'drover-test-home-'));
const running = new Set<ChildProcess>();
let isOver = false;

function add(counts: Counts): void {
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped.push(...counts.skipped);
}

/** This environment without what belongs to the person or to a daemon of theirs; with a home that is empty. */
function testEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(DROVER_(?!TEST_)|XDG_|GIT_|LISTEN_|WATCHDOG_|NOTIFY_SOCKET$|NODE_EXTRA_CA_CERTS$|TAP_)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept), HOME: home };
}

function tellFile(result: FileResult): void {
  const word = result.failed > 0 ? 'FAILED' : result.passed === 0 ? 'skip  ' : 'ok    ';
  const skipped = result.skipped.length === 0 ? '' : `, ${result.skipped.length} skipped`;
  const failed = result.failed === 0 ? '' : `, ${result.failed} failed`;
  say(`${word} ${result.file}: ${result.passed} passed${failed}${skipped} (${result.seconds.toFixed(1)} s)`);
  for (const failure of result.failures) say(failure.replace(/^/gm, '       '));
}

/** Runs one suite in tap; its counts go to the total, its noise is shown when it failed. */
async function runSuite(suite: Suite): Promise<void> {
  say(`\n── ${suite.name}`);
  if (suite.files.length === 0) {
    say(`FAILED ${suite.name} has no test file`);
    total.failed++;
    return;
  }
  const files: FileResult[] = [];
  const parser = countTap((file) => {
    files.push(file);
    tellFile(file);
  });
  const args = [
    '--reporter=tap',
    `--jobs=${suite.jobs}`,
    `--timeout=${suite.timeoutSeconds}`,
    ...suite.files,
  ];
  // A group of its own, so that all of it can be ended at once.
  const child = spawn('tap', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: testEnvironment(),
    detached: true,
  });
  running.add(child);
  const noise: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => parser.write(chunk));
  child.stderr.on('data', (chunk: Buffer) => noise.push(chunk));
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      noise.push(Buffer.from(`${error.message}\n`));
      resolve(127);
    });
    child.once('close', (exit) => resolve(exit ?? 1));
  });
  running.delete(child);
  parser.end();
  for (const file of files) add(file);
  const failed = files.some((file) => file.failed > 0);
  const unseen = suite.files.length - files.length;
  if (!failed && (code !== 0 || unseen > 0)) {
    total.failed++;
    say(`FAILED ${suite.name}: tap ended with exit code ${code}, ${unseen} test files told nothing`);
  }
  if (failed || code !== 0) process.stdout.write(Buffer.concat(noise));
}

function endRunning(): void {
  isOver = true;
  for (const { pid } of running) {
    if (pid === undefined) continue;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // it ended by itself in this instant
    }
  }
}

async function runAll(only: readonly string[]): Promise<void> {
  const note = installPackages();
  if (note !== null) say(note);
  const chosen = suites.filter(({ name }) => only.length === 0 || only.includes(name));
  const build = { name: 'build', command: ['node', 'scripts/build.ts'] } as const;
  const needsAgents = chosen.some(({ name }) => name === 'agents-real');
  const [before, missing] = await Promise.all([
    runSteps([build, ...stepsBeforeTap()]),
    needsAgents ? installAgentClis() : [],
  ]);
  for (const reason of missing) say(`${reason}; what needs it is skipped`);
  const steps = only.length === 0 ? await runSteps(staticSteps) : [];
  for (const isGood of [...before, ...steps])
    add({ passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: [] });
  for (const together of besideOneAnother(chosen)) {
    if (!isOver) await Promise.all(together.map(runSuite));
  }
}

/** The suites in order, those that run at the same time together. */
function besideOneAnother(chosen: readonly Suite[]): readonly (readonly Suite[])[] {
  const groups: Suite[][] = [];
  for (const suite of chosen) {
    const before = groups.at(-1);
    if (suite.isBeside === true && before !== undefined) before.push(suite);
    else groups.push([suite]);
  }
  return groups;
}

const started = performance.now();
process.chdir(join(import.meta.dirname, '..'));
const timer = setTimeout(() => {
  say(`FAILED the time is up: ${deadlineMs / 60_000} minutes`);
  total.failed++;
  endRunning();
}, deadlineMs);
process.on('SIGINT', endRunning).on('SIGTERM', endRunning);

const unknown = process.argv.slice(2).filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  say(`there is no suite ${unknown.join(', ')}: there are ${suites.map(({ name }) => name).join(', ')}`);
  total.failed++;
} else {
  await runAll(process.argv.slice(2));
}
clearTimeout(timer);
rmSync(home, { recursive: true, force: true });
say(`\n${Math.round((performance.now() - started) / 1000)} s`);
for (const skipped of total.skipped) say(`skipped: ${skipped}`);
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 || isOver ? 1 : 0;
