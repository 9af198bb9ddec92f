/** What cases inside the throw-away system share: the built drover as a service of a real user manager. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { tapCases } from './tap-cases.ts';
import { until } from './until.ts';

const commandMs = 60_000;
export const main = process.argv[2] ?? '';
export const unit = 'drover.service';
export const socketUnit = 'drover.socket';
export const socketPath = join(process.env.XDG_RUNTIME_DIR ?? '', 'drover/drover.sock');
export const stateRoot = join(homedir(), '.local/state/drover');
export const configFile = join(homedir(), '.config/drover/daemon.toml');

export type Done = { readonly code: number | null; readonly out: string; readonly err: string };

function run(file: string, args: readonly string[]): Done {
  const done = spawnSync(file, args, { encoding: 'utf8', timeout: commandMs, cwd: homedir() });
  return { code: done.status, out: done.stdout.trim(), err: done.stderr.trim() };
}
export const drover = (...args: readonly string[]) => run(process.execPath, [main, ...args]);
export const systemctl = (...args: readonly string[]) => run('systemctl', ['--user', ...args]);

/** The result of a command that has to end with 0. */
export function well(done: Done): string {
  assert.equal(done.code, 0, done.err + done.out);
  return done.out;
}
export const json = (...args: readonly string[]) => JSON.parse(well(drover('--json', ...args)));
export const property = (name: string, of = unit) => well(systemctl('show', '-P', name, of));
export const mainPid = () => Number(property('MainPID'));
export const restarts = () => Number(property('NRestarts'));
export const journal = () =>
  well(run('journalctl', ['--user', '-u', unit, '-o', 'json', '--no-pager']))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, string>);

/** Installs the service, with a drop-in of the case's own settings, and starts it anew. */
export function install(settings: readonly string[], ...options: readonly string[]): void {
  writeDropIn(settings);
  well(drover('install-service', '--node', process.execPath, '--no-linger', ...options));
  well(systemctl('daemon-reload'));
}

/** Settings beside those of the rendered unit: of `[Service]`, up to a line that names another section. */
export function writeDropIn(settings: readonly string[]): void {
  const folder = join(homedir(), `.config/systemd/user/${unit}.d`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'case.conf'), `[Service]\n${settings.join('\n')}\n`);
}

/** Everything back to nothing, runs included. */
export function uninstall(): void {
  well(drover('uninstall-service'));
  systemctl('reset-failed', unit, socketUnit);
}

const gates = mkdtempSync(join(tmpdir(), 'gates-'));
/** Starts a run that lives until `end`, and then says so. */
export async function startRun(): Promise<{ readonly id: string; readonly end: () => void }> {
  const path = join(gates, String(readdirSync(gates).length));
  writeFileSync(path, '');
  const wait = `while [ -s '${path}.x' ] || [ ! -e '${path}.x' ]; do sleep 0.05; done; echo done`;
  const { run_id: id } = json('run', '--bg', '--agent', 'command', '--', 'sh', '-c', wait);
  await until('the run', () => json('runs', 'show', id).status === 'running');
  return { id, end: () => writeFileSync(`${path}.x`, '') };
}

/** Lets the run end and looks that nothing of it was lost. */
export function finishWell({ id, end }: { readonly id: string; readonly end: () => void }): void {
  end();
  well(drover('runs', 'wait', id, '--timeout', '30s'));
  assert.equal(well(drover('runs', 'logs', id)), 'done');
}

/** One request over a connection of its own; rejects with the system's error code. */
export function get(path: string, socket = socketPath): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath: socket, path, agent: false, headers: { host: 'localhost' } },
      (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0));
        answer.once('error', reject);
      },
    );
    sent.once('error', reject);
    sent.end();
  });
}

/** Kills the main process with `signal`. Waits until there is one: `kill 0` would be ourselves. */
export async function killMain(signal: NodeJS.Signals): Promise<number> {
  const pid = await until('a main process', () => mainPid());
  process.kill(pid, signal);
  return pid;
}

/** Waits until another main process than `pid` is ready. */
export const untilBack = (pid: number) =>
  until(
    'the service to be back',
    () => property('ActiveState') === 'active' && ![0, pid].includes(mainPid()),
  );

/** The lines of the daemon's own log. */
export function logLines(): Record<string, unknown>[] {
  const folder = join(stateRoot, 'logs');
  return readdirSync(folder)
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export type Case = { readonly name: string; readonly run: () => Promise<void> };

/** Runs the cases that `only` (the second argument) names, and tells of them as TAP. */
export async function runCases(all: readonly Case[]): Promise<void> {
  const only = new RegExp(process.argv[3] ?? '');
  const cases = all.filter(({ name }) => only.test(name));
  await tapCases(cases, lastOfJournal);
}

function lastOfJournal(): string {
  return run('journalctl', ['--user', '-n', '25', '-o', 'short-monotonic', '--no-pager']).out;
}
