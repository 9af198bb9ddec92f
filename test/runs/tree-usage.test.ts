import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bootId, readProcess } from '../../src/base/index.ts';
import { createTreeReader } from '../../src/domain/runs/launch/index.ts';
import { makeRun } from '../support/launch-world.ts';
import { until } from '../support/until.ts';

const skip = process.platform !== 'linux' && 'reads /proc';
const alive = (usage: { outside: readonly { pid: number; isZombie: boolean }[] } | undefined) =>
  (usage?.outside ?? []).filter((row) => !row.isZombie).map((row) => row.pid);

t.test(
  'one look tells of several runs, each its own processes, without the launchers',
  { skip },
  async (t) => {
    const script = 'setsid sleep 300 & sleep 300 & wait';
    const runs = [await makeRun('session', script), await makeRun('session', script)];
    t.teardown(() => Promise.all(runs.map((run) => run.remove())));
    for (const run of runs) await run.launch();
    const states = await Promise.all(runs.map((run) => run.running()));
    const reader = createTreeReader();

    const usages = await until('three processes in each', async () => {
      const found = await reader.read(runs.map((run) => run.folder));
      return runs.every((run) => alive(found.get(run.folder)).length === 3) && found;
    });

    for (const [index, run] of runs.entries()) {
      const usage = usages.get(run.folder);
      t.equal(usage?.agentPid, states[index]?.agent?.pid);
      t.notOk(alive(usage).includes(states[index]?.launcher.pid ?? 0));
    }
    const all = runs.flatMap((run) => alive(usages.get(run.folder)));
    t.equal(new Set(all).size, 6, 'no process is of two runs');
  },
);

t.test('a process that was given the pid of another run’s agent is not shown as it', { skip }, async (t) => {
  const stranger = spawn('sleep', ['300'], { env: { PATH: process.env.PATH }, detached: true });
  t.teardown(() => stranger.kill('SIGKILL'));
  const pid = stranger.pid ?? 0;
  const row = await until('the stranger', () => readProcess(pid));
  const boot = await bootId();
  const folderOf = (name: string, start: string, bootOfRun = boot) => {
    const folder = join(t.testdirName, name);
    mkdirSync(folder);
    const meta = { layout: 1, run_id: `run_${name}`, input: 'none' };
    writeFileSync(join(folder, 'meta.json'), JSON.stringify(meta));
    writeFileSync(join(folder, 'launcher'), `pid ${2 ** 22}\nstart 1\nboot ${bootOfRun}\n`);
    writeFileSync(join(folder, 'agent'), `pid ${pid}\nstart ${start}\nboot ${bootOfRun}\n`);
    return folder;
  };
  t.testdir();
  const earlier = folderOf('EARLIER', String(Number(row.startTime) - 1));
  const ofBoot = folderOf('BOOT', row.startTime, 'another');
  const unknown = join(t.testdirName, 'UNKNOWN');

  const usages = await createTreeReader().read([earlier, ofBoot, unknown]);

  t.strictSame([...usages.keys()], [earlier], 'nothing can be left of another boot');
  t.match(usages.get(earlier), { agentPid: null, inside: [], outside: [] });
  const same = folderOf('SAME', row.startTime);
  t.equal((await createTreeReader().read([same])).get(same)?.agentPid, pid, 'the true one would be');
});

t.test('what has changed between two looks is seen, whatever the reader keeps', { skip }, async (t) => {
  const run = await makeRun('session', 'read -r line <"$GO"; sleep 300 & wait', {
    env: { GO: join(t.testdir(), 'go') },
  });
  t.teardown(run.remove);
  const reader = createTreeReader();
  const read = async () => (await reader.read([run.folder])).get(run.folder);
  writeFileSync(join(t.testdirName, 'go'), 'x\n');
  await run.launch();
  await run.running();

  await until('the child', async () => alive(await read()).length === 2);
  const before = await read();
  const agent = before?.agentPid ?? 0;
  const child = alive(before).find((pid) => pid !== agent);
  t.ok(agent > 0);
  process.kill(agent, 'SIGKILL');

  const left = await until(
    'the agent to be gone, and what the launcher starts to write that down',
    async () => {
      const usage = await read();
      return usage?.agentPid === null && alive(usage).length === 1 && alive(usage);
    },
  );
  t.strictSame(left, [child], 'its child is still there, and the run’s');
});
