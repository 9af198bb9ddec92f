/**
 * Upgrades and downgrades by one minor version under live runs, by a stop and by kill -9. What must hold after them: no
 * run lost, no line of output missing or doubled, approvals that were asked for under one version answered under the
 * other. `DROVER_TEST_FULL=1` makes 20 upgrades under 20 runs; `DROVER_TEST_SEED` repeats the plan of a run.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runCommand } from '../../src/base/index.ts';
import { schemaVersion } from '../../src/foundation/store/index.ts';
import { type CrashLoad, configOfLoad, createLoad } from '../support/crash-load.ts';
import { judge } from '../support/crash-verdict.ts';
import { type DaemonLife, startDaemon } from '../support/daemon-life.ts';
import { makeSlowRun, writeProgram } from '../support/numbered-runs.ts';
import { createRandom, type Random } from '../support/random.ts';
import { createWorld, type World } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';
import { buildVersion } from '../support/versions.ts';

const isFull = process.env.DROVER_TEST_FULL === '1';
const upgrades = isFull ? 20 : 4;
const liveRuns = isFull ? 20 : 6;
t.setTimeout(isFull ? 1_800_000 : 240_000);

const linux = process.platform === 'linux' ? false : 'looks for processes in /proc';
const older = '0.1.0';
const newer = '0.2.0';

/** Runs a command of one of the versions. */
async function say(main: string, world: World, line: string) {
  const { code, stdout, stderr } = await runCommand(process.execPath, [main, ...line.split(' ')], {
    cwd: world.home,
    env: world.env,
    timeoutMs: 60_000,
  });
  return { code, out: stdout.toString(), err: stderr.toString() };
}

/** Starts runs until as many are live, and one agent waits for an approval. */
async function fill(load: CrashLoad, random: Random, round: number): Promise<void> {
  let index = round * 1000;
  const asks = makeSlowRun(random, { index, lines: 0 });
  await load.start({ ...asks, kind: 'acp', exitCode: 0 });
  await until('an agent to ask', () => load.held() > 0);
  load.keepLive(liveRuns);
  await load.settle();
  while (load.live().length < liveRuns + 2) {
    index += 1;
    await load.start(makeSlowRun(random, { index, lines: 30 + random.below(50) }));
  }
}

t.test('upgrades and downgrades under live runs lose nothing', { skip: linux }, async (t) => {
  const random = createRandom();
  t.comment(`seed ${random.seed}`);
  const mains = await Promise.all([older, newer].map((version) => buildVersion(version)));
  const world = await createWorld(async () => mains[0] ?? '');
  const { program, started } = await writeProgram(world.root);
  const repo = await world.repository(join(world.root, 'repo'));
  world.configure(configOfLoad(world, { started, repo }));
  const load = createLoad({ world, random, program, repo: 'repo', holdsApprovals: true });
  let daemon: DaemonLife = startDaemon(world);
  t.teardown(async () => {
    load.close();
    await daemon.kill();
    await world.close();
  });
  await daemon.ready;
  const counts = { stops: 0, kills: 0, crossings: 0, answered: 0 };

  for (let round = 1; round <= upgrades; round += 1) {
    await fill(load, random, round);
    const [from = '', to = ''] = round % 2 === 1 ? mains : mains.toReversed();
    const live = load.live().length;
    const pending = load.held();
    // Each way there and back is taken by a stop and by a kill in turn.
    if (round % 4 === 1 || round % 4 === 2) {
      const stopped = await say(round % 2 === 1 ? to : from, world, 'stop');
      t.equal(stopped.code, 0, stopped.err);
      counts.stops += 1;
    } else {
      await daemon.kill();
      counts.kills += 1;
    }
    await daemon.died;
    daemon = startDaemon({ ...world, program: to });
    await daemon.ready;
    if (daemon.isDead()) throw new Error(`The daemon did not start: ${daemon.said()}`);
    t.equal((await world.status()).version, round % 2 === 1 ? newer : older);
    t.ok(live >= liveRuns, `${live} runs were live`);
    counts.crossings += live;
    counts.answered += pending;
    load.approveHeld();
    await load.settle();
  }
  await until(
    'all runs to end',
    async () => {
      load.approveHeld();
      await load.settle();
      return [...load.runs.values()].every((run) => run.isFinished);
    },
    120_000,
  ).catch((error: unknown) => t.comment(String(error)));
  const verdict = await judge(world, load, { started, daemonPid: daemon.pid });

  t.same(verdict.lost, [], 'no run is lost, each ended as its program did');
  t.same(verdict.startedTwice, [], 'each run was started once');
  t.same(verdict.output, [], 'each line is in the journal once and in order');
  t.same(verdict.journal, [], 'seq has no hole, and no reader saw an event twice');
  t.same(verdict.left, [], 'no process, folder or row is left over');
  t.same(load.problems, [], 'no request was refused');
  t.comment(`${counts.stops} by stop, ${counts.kills} by kill -9, seed ${random.seed}`);
  t.comment(
    `${load.runs.size} runs, ${counts.crossings} live runs taken over, ${counts.answered} approvals answered by another version than asked, ${verdict.lines} lines, ${verdict.events} events`,
  );
  t.equal(counts.stops + counts.kills, upgrades);
  t.ok(counts.stops > 0 && counts.kills > 0, 'both ways to end a daemon');
  t.ok(counts.answered >= upgrades, 'approvals were pending at each upgrade');
  t.ok(verdict.lines > 0, 'there was output');
});

/** Every file of the store with the hash of its bytes. */
function storeOf(world: World): Record<string, string> {
  const names = readdirSync(world.stateRoot).filter(
    (name) => name.startsWith('drover.db') && !name.endsWith('-shm'),
  );
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(world.stateRoot, name)))
        .digest('hex'),
    ]),
  );
}

for (const how of ['stop', 'kill -9'] as const) {
  t.test(`an older daemon leaves a newer store as it is, after a ${how}`, { skip: linux }, async (t) => {
    const old = await buildVersion(older);
    const main = await buildVersion(newer, { hasNewerStore: true });
    const world = await createWorld(async () => main);
    t.teardown(world.close);
    const first = startDaemon({ ...world, program: old });
    await first.ready;
    const { id } = await world.start('for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.3; done');
    await first.kill();
    const second = startDaemon(world);
    await second.ready;
    if (how === 'stop') t.equal((await world.drover('stop')).code, 0);
    else await second.kill();
    await second.died;
    const before = storeOf(world);
    t.equal('drover.db-wal' in before, how === 'kill -9', 'a log that is not yet in the database');

    const foreground = startDaemon({ ...world, program: old });
    const detached = await say(old, world, 'daemon start');
    const asJson = await say(old, world, 'daemon start --json');

    await foreground.ready;
    t.equal((await foreground.died).code, 6, 'a code that service managers do not retry');
    t.match(
      detached.err,
      `The database ${world.stateRoot}/drover.db was written by drover ${newer} (schema ${schemaVersion + 1}); this is drover ${older}, which knows schema ${schemaVersion}\nhint: start drover ${newer} or newer, or restore the backup`,
    );
    t.match(foreground.said(), `drover ${newer}`);
    t.equal(detached.code, 6);
    t.match(JSON.parse(asJson.err), {
      code: 'store_newer',
      schema: schemaVersion + 1,
      known_schema: schemaVersion,
      written_by: newer,
    });
    t.same(storeOf(world), before, 'the store is byte for byte as it was');
    t.notOk(existsSync(join(world.stateRoot, 'daemon.json')) && how === 'stop', 'and no daemon is announced');

    const again = startDaemon(world);
    await again.ready;
    const run = await world.reach(id, 'succeeded');
    const lines = await world.run(['runs', 'logs', id, '--type', 'stdout']);
    t.equal(run.exit_code, 0, 'the newer one goes on with the run');
    t.equal(lines.out, '1\n2\n3\n4\n5\n6\n7\n8\n9\n');
    await again.kill();
  });
}

t.test('a damaged store is refused untouched', { skip: linux }, async (t) => {
  const old = await buildVersion(older);
  const world = await createWorld(async () => old);
  t.teardown(world.close);
  const first = startDaemon(world);
  await first.ready;
  t.equal((await world.drover('stop')).code, 0);
  await first.died;
  const path = join(world.stateRoot, 'drover.db');
  for (const [what, damage] of [
    ['no database', (bytes: Buffer) => bytes.fill('scribble', 0, 100)],
    ['a torn schema', (bytes: Buffer) => bytes.fill(0xff, 100, 2000)],
  ] as const) {
    const whole = readFileSync(path);
    writeFileSync(path, damage(Buffer.from(whole)));
    const before = storeOf(world);

    const refused = startDaemon(world);
    const detached = await world.drover('daemon start --json');

    await refused.ready;
    t.ok(refused.isDead(), what);
    t.equal((await refused.died).code, 6, what);
    t.match(
      JSON.parse(detached.err),
      { code: 'store_corrupt', hint: /Restore a backup, or move it aside/ },
      what,
    );
    t.same(storeOf(world), before, what);
    writeFileSync(path, whole);
  }
});
