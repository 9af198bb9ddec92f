/**
 * What `test/systemd/daemon.test.ts` runs inside the throw-away system, as TAP without any test library: the built
 * daemon and CLI beside a real user manager. Its argument is the bundle's entry.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { tapCases } from './tap-cases.ts';
import { until } from './until.ts';

const main = process.argv[2] ?? '';
const commandMs = 60_000;

function drover(...args: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, DROVER_DEMO_PACE_MS: '10' };
  const done = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    timeout: commandMs,
    env,
    cwd: repo,
  });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}
/** Starts a run of a shell line in the background; its id. */
const start = (script: string): string =>
  json('run', '--json', '--bg', '--agent', 'command', '--', 'sh', '-c', script).run_id;
const json = (noun: string, ...args: readonly string[]) => JSON.parse(drover(noun, ...args).stdout);
const units = () =>
  execFileSync('systemctl', ['--user', 'list-units', '--all', '--plain', '--no-legend', 'drover-run-*'], {
    encoding: 'utf8',
  });

const repo = mkdtempSync(join(tmpdir(), 'repo-'));
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: repo });
git('init', '-q');
writeFileSync(join(repo, 'file'), 'content\n');
git('add', '.');
git('commit', '-qm', 'one');

const gates = mkdtempSync(join(tmpdir(), 'gates-'));
/** A line of shell that waits until `open` was called, so that a run lives as long as a test needs it. */
const gate = (name: string) => ({
  wait: `while [ ! -e '${gates}/${name}' ]; do sleep 0.05; done`,
  open: () => writeFileSync(join(gates, name), ''),
});

const cases: readonly { readonly name: string; readonly run: () => Promise<void> }[] = [
  {
    name: 'a run is a unit of its own, and a daemon killed with -9 finds every line and the exit code again',
    run: async () => {
      assert.equal(drover('daemon', 'start').code, 0);
      const again = gate('again');
      const count = `i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; [ $i != 20 ] || ${again.wait}; sleep 0.01; done; exit 5`;
      const id = start(count);
      await until('some output', () => drover('runs', 'logs', id).stdout.includes('line 3'));
      assert.match(units(), new RegExp(`drover-run-${id.toLowerCase()}.service`));

      process.kill(
        Number(readFileSync(join(homedir(), '.local/state/drover/daemon.pid'), 'utf8')),
        'SIGKILL',
      );
      await until('the daemon gone', () => drover('daemon', 'status').code === 3);
      assert.equal(drover('daemon', 'start').code, 0);
      again.open();
      assert.equal(drover('runs', 'wait', id, '--timeout', '50s').code, 1);

      const run = json('runs', 'show', '--json', id);
      assert.deepEqual([run.status, run.exit_code], ['failed', 5]);
      const lines = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`).join('');
      assert.equal(drover('runs', 'logs', id).stdout, lines);
    },
  },
  {
    name: 'the demo agent asks, is allowed through the inbox and commits',
    run: async () => {
      assert.equal(drover('run', '--agent', 'demo', 'hello').code, 8);
      const [approval] = json('approvals', '--json').items;
      assert.equal(drover('approvals', 'allow', approval.id).code, 0);
      assert.equal(drover('runs', 'wait', approval.run_id, '--timeout', '50s').code, 0);
      assert.match(drover('runs', 'diff', approval.run_id).stdout, /\+.*hello/);
    },
  },
  {
    name: 'cancel ends a tree that ignores TERM and leaves its session, and no unit stays behind',
    run: async () => {
      const stubborn = 'trap "" TERM; setsid sh -c "trap \\"\\" TERM; sleep 300" & sleep 300';
      drover('run', '--bg', '--name', 'stubborn', '--agent', 'command', '--', 'sh', '-c', stubborn);
      await until('its process', () => json('runs', 'show', '--json', 'stubborn').status === 'running');
      assert.equal(drover('runs', 'cancel', 'stubborn').code, 0);
      assert.equal(json('runs', 'show', '--json', 'stubborn').status, 'canceled');
      await until('no unit', () => units().trim() === '').catch((error: unknown) => {
        throw new Error(`${String(error)}: ${units()}`);
      });
    },
  },
  {
    name: 'stopping the daemon stops no run',
    run: async () => {
      const stopped = gate('stopped');
      const id = start(`${stopped.wait}; echo done`);
      await until('its process', () => json('runs', 'show', '--json', id).status === 'running');
      assert.equal(drover('daemon', 'stop').code, 0);
      stopped.open();
      await until('the end of its unit', () => units().trim() === '');
      assert.equal(drover('daemon', 'start').code, 0);
      assert.equal(drover('runs', 'wait', id, '--timeout', '50s').code, 0);
      assert.equal(drover('runs', 'logs', id).stdout, 'done\n');
    },
  },
];

await tapCases(cases);
drover('daemon', 'stop');
