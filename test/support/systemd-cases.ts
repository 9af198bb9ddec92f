import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock as clock, isAlive } from '../../src/base/index.ts';
import {
  createTreeReader,
  detectLauncher,
  unitName,
  unitResult,
} from '../../src/domain/runs/launch/index.ts';
import { type LaunchCase, withRun } from './launch-cases.ts';
import { makeRun } from './launch-world.ts';
import { until } from './until.ts';

const followerPath = fileURLToPath(new URL('./follower.ts', import.meta.url));
const startPath = fileURLToPath(new URL('../../src/domain/runs/launch/index.ts', import.meta.url));

function call(file: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 0, `${file} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Uses some hundred milliseconds of CPU. */
const burn = 'i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done';

/** What holds only where a run is a unit. */
export const systemdCases: readonly LaunchCase[] = [
  {
    name: 'the user manager is found, and a unit that cannot reach it may not launch at all',
    run: async () => {
      assert.deepEqual(await detectLauncher(), { kind: 'ready', via: 'systemd' });
      const program = `import { detectLauncher } from ${JSON.stringify(startPath)}; console.log(JSON.stringify(await detectLauncher()))`;
      const asUnit = [
        '--user',
        '--quiet',
        '--wait',
        '--pipe',
        '-p',
        'Environment=XDG_RUNTIME_DIR=/nowhere',
        '--',
      ];
      const answer = call('systemd-run', ...asUnit, process.execPath, '--input-type=module', '-e', program);
      assert.equal((JSON.parse(answer) as { kind: string }).kind, 'unavailable');
    },
  },
  {
    name: 'an agent that outgrows its memory is killed, and its run says so',
    run: async (via) => {
      const limits = { memoryMax: '48M' };
      const hog = 'ulimit -v 600000; exec tail /dev/zero';
      await withRun(makeRun(via, hog, { limits }), async (run) => {
        await run.launch();
        const { exit } = await run.ended();
        if (hasMemoryController()) assert.deepEqual(exit, { status: 137, signal: 'KILL', wasStopped: false });
        else
          process.stdout.write('# no memory controller in this cgroup layout: the limit was not enforced\n');
      });
    },
  },
  {
    name: 'restarting the unit of a run ends its agent truly and starts no second one',
    run: (via) =>
      withRun(makeRun(via, 'sleep 600'), async (run) => {
        await run.launch();
        await run.running();
        await until('the agent to begin', async () => (await run.starts()) === 1);
        call('systemctl', '--user', 'restart', `${unitName(run.runId)}.service`);
        assert.deepEqual((await run.ended()).exit, { status: 143, signal: 'TERM', wasStopped: true });
        assert.equal(await run.starts(), 1);
      }),
  },
  {
    name: 'a launcher that was killed leaves a result that is read once',
    run: (via) =>
      withRun(makeRun(via, 'sleep 600'), async (run) => {
        await run.launch();
        const { launcher } = await run.running();
        assert.equal(await unitResult(run.runId, clock), null, 'nothing yet');
        process.kill(launcher.pid, 'SIGKILL');
        const result = await until('the result', () => unitResult(run.runId, clock));
        assert.deepEqual(result, { result: 'signal', mainStatus: 9 });
        assert.equal(await unitResult(run.runId, clock), null, 'forgotten by the manager');
        assert.equal((await run.state()).kind, 'vanished');
      }),
  },
  {
    name: 'a good end leaves no unit behind',
    run: (via) =>
      withRun(makeRun(via, 'exit 3'), async (run) => {
        await run.launch();
        assert.equal((await run.ended()).exit.status, 3);
        const show = () =>
          call('systemctl', '--user', 'show', '-P', 'LoadState', `${unitName(run.runId)}.service`);
        await until('the unit to be forgotten', () => show() === 'not-found\n');
        assert.equal(await unitResult(run.runId, clock), null);
      }),
  },
  {
    name: 'the unit counts what its processes used, also of one that has left nobody to wait for it',
    run: (via) =>
      withRun(
        makeRun(via, `(setsid sh -c '${burn}; : >burnt' &) ; until [ -e end ]; do sleep 0.1; done`),
        async (run) => {
          const reader = createTreeReader();
          const read = async () => (await reader.read([run.folder])).get(run.folder);
          await run.launch();
          await run.running();
          await until('the burner to end', () => existsSync(join(run.folder, '../burnt')));
          const usage = await until('a look', read);
          const { cpuMs, residentBytes } = usage.unit;
          process.stdout.write(`# ${JSON.stringify({ cpuMs, residentBytes })}\n`);
          assert.ok(usage.inside.some((row) => row.pid === usage.agentPid));
          assert.deepEqual(usage.outside, []);
          if (cpuMs === null) process.stdout.write('# no group counts CPU in this cgroup layout\n');
          else assert.ok(cpuMs >= 100, `${cpuMs} ms`);
          if (residentBytes !== null) assert.ok(residentBytes > 0 && residentBytes < 2 ** 28);
          call('/bin/sh', '-c', 'cd "$0" && : >end', join(run.folder, '..'));
        },
      ),
  },
  {
    name: 'a run outlives the unit that launched it, however often that restarts',
    run: (via) =>
      withRun(makeRun(via, 'while [ ! -e finish ]; do sleep 0.05; done; exit 4'), async (run) => {
        const unit = `parent-of-${unitName(run.runId)}.service`;
        const follower = [process.execPath, followerPath, run.folder.replaceAll('$', '$$$$'), via];
        call('systemd-run', '--user', '--quiet', `--unit=${unit}`, '--', ...follower);
        const { agent, launcher } = await run.running();
        assert.ok(agent);
        call('systemctl', '--user', 'restart', unit);
        assert.ok(await isAlive(agent));
        call('systemctl', '--user', 'stop', unit);
        assert.ok(await isAlive(agent));
        const groups = await readFile(`/proc/${launcher.pid}/cgroup`, 'utf8');
        assert.ok(groups.includes(`/${unitName(run.runId)}.service`), groups);
        call('/bin/sh', '-c', 'cd "$0" && : >finish', join(run.folder, '..'));
        assert.equal((await run.ended()).exit.status, 4);
        assert.equal(await run.starts(), 1);
      }),
  },
];

function hasMemoryController(): boolean {
  return existsSync('/sys/fs/cgroup/memory') || existsSync('/sys/fs/cgroup/user.slice/memory.max');
}
