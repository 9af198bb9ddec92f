import assert from 'node:assert/strict';
import { chmod, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock as clock, listProcesses } from '../../src/base/index.ts';
import {
  endTree,
  type LaunchWay,
  openInput,
  requestEndOfInput,
  settleLaunch,
  voidLaunch,
} from '../../src/domain/runs/launch/index.ts';
import { makeRun, type TestRun } from './launch-world.ts';
import { until } from './until.ts';

/** One thing that must hold whichever way launchers are started. */
export type LaunchCase = { readonly name: string; readonly run: (via: LaunchWay) => Promise<void> };

const stormOfSignals = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGTERM'] as const;
const wait = { clock, timeoutMs: 60_000 };
const isThere = (path: string) => stat(path).then(Boolean, () => false);

/** Gives `body` a run, and takes everything of it away again. */
export async function withRun(made: Promise<TestRun>, body: (run: TestRun) => Promise<void>): Promise<void> {
  const run = await made;
  try {
    await body(run);
  } finally {
    await run.remove();
  }
}

/** What a death of the launcher right before each step must lead to. */
const deaths = [
  { step: 2, kind: 'vanished', mayHaveStarted: false, starts: 0 },
  { step: 3, kind: 'vanished', mayHaveStarted: false, starts: 0 },
  { step: 4, kind: 'vanished', mayHaveStarted: false, starts: 0 },
  { step: 5, kind: 'vanished', mayHaveStarted: false, starts: 0 },
  { step: 6, kind: 'vanished', mayHaveStarted: false, starts: 0 },
  { step: 7, kind: 'vanished', mayHaveStarted: true, starts: 0 },
  { step: 8, kind: 'vanished', mayHaveStarted: true, starts: 1 },
  { step: 9, kind: 'vanished', mayHaveStarted: true, starts: 1 },
  { step: 10, kind: 'vanished', mayHaveStarted: true, starts: 1 },
  { step: 11, kind: 'ended', mayHaveStarted: true, starts: 1 },
] as const;

const deathCases: LaunchCase[] = deaths.map((death) => ({
  name: `a launcher killed right before step ${death.step} leaves a run that is ${death.kind}, reaped and never started again`,
  run: (via) =>
    // The unit takes its processes along when the launcher dies, so the agent of steps 8 and 9 may not get to begin.
    withRun(makeRun(via, death.step < 10 ? 'sleep 600 & sleep 600' : 'exit 7'), async (run) => {
      await run.atStep(death.step, 'kill -KILL $$');
      await run.launch();
      await until('the claim', () => isThere(join(run.folder, 'claim')));
      const state = await until('the end of the launcher', async () => {
        const now = await settleLaunch(run.folder, { clock, timeoutMs: 300 });
        return now.kind !== 'running' && now;
      });
      assert.equal(state.kind, death.kind);
      if (state.kind === 'vanished') assert.equal(state.mayHaveStarted, death.mayHaveStarted);
      if (state.kind === 'ended')
        assert.deepEqual(state.exit, { status: 7, signal: null, wasStopped: false });
      const { survivors } = await endTree(run.folder, { clock, graceMs: 50, timeoutMs: 60_000 });
      assert.deepEqual(survivors, []);
      const startsOnce = await run.starts();
      if (via === 'session' && death.step > 8) assert.equal(startsOnce, death.starts);
      else assert.ok(startsOnce <= death.starts);
      await run.launch().catch(() => {}); // a name still taken by the failed unit is a refusal, and as good
      assert.equal((await settleLaunch(run.folder, wait)).kind, death.kind);
      assert.equal(await run.starts(), startsOnce);
    }),
}));

/** Every case. */
export const launchCases: readonly LaunchCase[] = [
  ...deathCases,
  {
    name: 'argv, folder and environment reach the agent unchanged',
    run: async (via) => {
      const args = [
        '-n',
        '--',
        '$HOME \u0024{X} $$ %h %%',
        `'"\\\n\n`,
        'ü Ł 😀 \u0081\u0088',
        '',
        '*',
        '`id`;$(id)',
      ];
      const env = { ODD: 'a\n\'b\' $X "c" \\ ā\u0081', EMPTY: '', IFS: 'x', LD_PRELOAD: '' };
      await withRun(makeRun(via, 'printf "%s\\0" "$@"', { args }), async (run) => {
        await run.launch();
        assert.deepEqual((await run.ended()).exit, { status: 0, signal: null, wasStopped: false });
        assert.deepEqual((await run.out()).split('\0').slice(0, -1), args);
      });
      // Not through a shell, which would have variables of its own to add.
      await withRun(makeRun(via, '', { argv: ['cat', '/proc/self/environ'], env }), async (run) => {
        await run.launch();
        assert.deepEqual((await run.ended()).exit, { status: 0, signal: null, wasStopped: false });
        const entries = (await run.out()).split('\0').slice(0, -1);
        const seen = Object.fromEntries(entries.map((entry) => entry.split(/=(.*)/s, 2) as [string, string]));
        const { STARTS, ...rest } = seen;
        assert.ok(STARTS);
        assert.deepEqual(rest, { ...env, PATH: '/usr/bin:/bin', DROVER_RUN_ID: run.runId });
        assert.ok(!(await isThere(join(run.folder, 'env'))), 'the environment file is removed once read');
      });
    },
  },
  {
    name: 'a process is started with umask 022 and no signal ignored, our files are for us alone',
    run: (via) =>
      withRun(makeRun(via, 'umask; grep SigIgn /proc/$$/status; ulimit -c'), async (run) => {
        await run.launch();
        await run.ended();
        assert.match(await run.out(), /^0022\nSigIgn:\t0+\n/);
        for (const name of ['meta.json', 'out.log', 'err.log', 'exit', 'launcher', 'agent', 'launcher.log']) {
          assert.equal((await stat(join(run.folder, name))).mode & 0o777, 0o600, name);
        }
        assert.equal((await stat(run.folder)).mode & 0o777, 0o700);
      }),
  },
  {
    name: 'input goes through the FIFO, and ends on request only',
    run: (via) =>
      withRun(makeRun(via, 'exec cat', { input: 'fifo' }), async (run) => {
        await run.launch();
        await run.running();
        const first = await openInput(run.folder, { clock, isFresh: true });
        await first.write('hello\n', wait);
        await first.close();
        const second = await openInput(run.folder, { clock });
        const long = 'y'.repeat(300_000);
        await Promise.all([second.write(`${long}\n`, wait), second.write('last\n', wait)]);
        await second.close();
        assert.equal((await run.state()).kind, 'running');
        assert.equal(await requestEndOfInput(run.folder, wait), true);
        assert.deepEqual((await run.ended()).exit, { status: 0, signal: null, wasStopped: false });
        assert.equal(await run.out(), `hello\n\n${long}\nlast\n`);
        await assert.rejects(openInput(run.folder, { clock }), { code: 'run_ended' });
        assert.equal(await requestEndOfInput(run.folder, wait), true);
      }),
  },
  {
    name: 'end of input that is asked for before the launch is given at once',
    run: (via) =>
      withRun(makeRun(via, 'exec cat', { input: 'fifo' }), async (run) => {
        const asked = requestEndOfInput(run.folder, wait);
        await run.launch();
        assert.equal(await asked, true);
        assert.equal((await run.ended()).exit.status, 0);
      }),
  },
  {
    name: 'a run without input reads end of file',
    run: (via) =>
      withRun(makeRun(via, 'cat; echo done'), async (run) => {
        await run.launch();
        await run.ended();
        assert.equal(await run.out(), 'done\n');
      }),
  },
  {
    name: 'the exit is true: codes, signals, 127 after a signal to the launcher, a program that is not there',
    run: async (via) => {
      const ends = [
        { script: 'exit 3', status: 3, signal: null },
        { script: 'kill -KILL $$', status: 137, signal: 'KILL' },
        { script: 'kill -TERM $$', status: 143, signal: 'TERM' },
        { script: 'exit 200', status: 200, signal: null },
        { script: 'exec /nowhere/at-all', status: 127, signal: null },
      ];
      for (const { script, status, signal } of ends) {
        await withRun(makeRun(via, script), async (run) => {
          await run.launch();
          assert.deepEqual((await run.ended()).exit, { status, signal, wasStopped: false }, script);
        });
      }
    },
  },
  {
    name: 'a signal to the launcher in the very moment the agent exits 127 does not stand for its exit',
    run: async (via) => {
      // Known of bash: several signals in that very millisecond may stand for the exit (docs/adr/0001).
      const isBash = (await realpath('/bin/sh')).endsWith('bash');
      for (let round = 0; round < 10; round += 1) {
        await withRun(makeRun(via, 'read -r line; exit 127', { input: 'fifo' }), async (run) => {
          await run.launch();
          const { launcher } = await run.running();
          for (const name of isBash ? [] : stormOfSignals) process.kill(launcher.pid, name);
          await requestEndOfInput(run.folder, wait);
          assert.deepEqual((await run.ended()).exit, { status: 127, signal: null, wasStopped: !isBash });
        });
      }
    },
  },
  {
    name: 'an agent that is killed like by the OOM killer is on record, and its launcher lives to write it',
    run: (via) =>
      withRun(makeRun(via, 'sleep 600'), async (run) => {
        await run.launch();
        const { agent } = await run.running();
        assert.ok(agent);
        process.kill(agent.pid, 'SIGKILL');
        assert.deepEqual((await run.ended()).exit, { status: 137, signal: 'KILL', wasStopped: false });
      }),
  },
  {
    name: 'a TERM to the whole tree, as a logout or a shutdown sends it, is on record beside the exit',
    run: (via) =>
      withRun(makeRun(via, 'exec sleep 600'), async (run) => {
        await run.launch();
        const { launcher, agent } = await run.running();
        assert.ok(agent);
        for (const pid of [launcher.pid, agent.pid]) process.kill(pid, 'SIGTERM');
        assert.deepEqual((await run.ended()).exit, { status: 143, signal: 'TERM', wasStopped: true });
      }),
  },
  {
    name: 'launching 50 times at once starts one agent',
    run: (via) =>
      withRun(makeRun(via, 'sleep 0.2'), async (run) => {
        const results = await Promise.allSettled(Array.from({ length: 50 }, () => run.launch()));
        assert.ok(results.some((result) => result.status === 'fulfilled'));
        await run.ended();
        assert.equal(await run.starts(), 1);
      }),
  },
  {
    name: 'a launch that is voided before it shows itself never starts, however late it wakes',
    run: (via) =>
      withRun(makeRun(via, 'sleep 600'), async (run) => {
        await run.atStep(4, ': >paused; kill -STOP $$');
        await run.launch();
        await until('the launcher to pause', () => isThere(join(run.folder, 'paused')));
        assert.equal((await run.state()).kind, 'claimed');
        assert.equal(await voidLaunch(run.folder), 'voided');
        assert.equal(await voidLaunch(run.folder), 'voided', 'twice is once');
        assert.equal((await run.state()).kind, 'vanished');
        const paused = await until('the stopped launcher', async () => {
          const found = await findLauncher(run.folder);
          return found !== null && found;
        });
        process.kill(paused, 'SIGCONT');
        await until('the launcher to end', async () => (await findLauncher(run.folder)) === null);
        const state = await run.state();
        assert.deepEqual(
          [state.kind, 'mayHaveStarted' in state && state.mayHaveStarted],
          ['vanished', false],
        );
        assert.equal(await run.starts(), 0);
        assert.ok(!(await isThere(join(run.folder, 'env'))));
      }),
  },
  {
    name: 'voiding is refused once the agent has started, and keeps a folder that nobody claimed from starting',
    run: async (via) => {
      await withRun(makeRun(via, 'sleep 600'), async (run) => {
        await run.launch();
        await run.running();
        assert.equal(await voidLaunch(run.folder), 'started');
        assert.equal((await run.state()).kind, 'running');
      });
      await withRun(makeRun(via, 'sleep 600'), async (run) => {
        assert.equal((await run.state()).kind, 'unclaimed');
        assert.equal(await voidLaunch(run.folder), 'voided');
        await run.launch();
        const state = await run.state();
        assert.deepEqual(
          [state.kind, 'mayHaveStarted' in state && state.mayHaveStarted],
          ['vanished', false],
        );
        assert.equal(await run.starts(), 0);
      });
    },
  },
  {
    name: 'an agent that ends on TERM has its own exit code on record, and nothing is killed',
    run: (via) =>
      withRun(
        makeRun(via, "trap 'echo bye; exit 9' TERM; echo set; while :; do sleep 0.02; done"),
        async (run) => {
          await run.launch();
          await run.running();
          await until('the trap', async () => (await run.out()) === 'set\n');
          await endTree(run.folder, { clock, graceMs: 30_000, timeoutMs: 60_000 });
          assert.deepEqual((await run.ended()).exit, { status: 9, signal: null, wasStopped: false });
          assert.equal(await run.out(), 'set\nbye\n');
        },
      ),
  },
  {
    name: 'a folder that cannot be written to is left unclaimed, and can be launched later',
    run: (via) =>
      withRun(makeRun(via, 'sleep 0.2'), async (run) => {
        if (process.getuid?.() === 0) return; // root writes everywhere
        await chmod(run.folder, 0o500);
        await run.launch().catch(() => {});
        assert.equal((await run.state()).kind, 'unclaimed');
        await chmod(run.folder, 0o700);
        await run.launch();
        await run.ended();
        assert.equal(await run.starts(), 1);
      }),
  },
];

async function findLauncher(folder: string): Promise<number | null> {
  for (const row of await listProcesses()) {
    const words = (await readFile(`/proc/${row.pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (!row.isZombie && words.includes(`${folder}/launcher.sh`)) return row.pid;
  }
  return null;
}
