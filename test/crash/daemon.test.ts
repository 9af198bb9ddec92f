/**
 * The built daemon, killed with -9 over and over under live runs, at named points and at any instant. What must hold
 * after it: no run lost, none started twice, no line of output missing or doubled, the journal without a hole.
 * `DROVER_TEST_FULL=1` makes 500 kills of it; `DROVER_TEST_SEED` repeats the plan of a run.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type CrashLoad, configOfLoad, createLoad } from '../support/crash-load.ts';
import { judge } from '../support/crash-verdict.ts';
import { type DaemonLife, startDaemon } from '../support/daemon-life.ts';
import { type KillPoint, killPoints } from '../support/kill-points.ts';
import { writeProgram } from '../support/numbered-runs.ts';
import { bareStartMs, whyTooBusy } from '../support/quiet.ts';
import { createRandom, type Random } from '../support/random.ts';
import { createWorld, type World } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

const isFull = process.env.DROVER_TEST_FULL === '1';
const times = isFull ? 5 : 1;
/** Hits wanted per point; the promise is at least 10 at each. */
const wanted: Readonly<Record<KillPoint, number>> = {
  'before launch': 12 * times,
  'between claim and pid': 12 * times,
  'in mid-line': 12 * times,
  'in mid-commit': 14 * times,
  'before the exit record': 12 * times,
  'while starting': 10 * times,
  'at any instant': 28 * times,
};
const leastPerPoint = 10;
const liveRuns = 6;
/** A machine that is too busy for all wanted kills makes the least of them. */
const budgetMs = isFull ? Number.POSITIVE_INFINITY : 150_000;
/** A point that is this often missed cannot be reached here. */
const triesPerHit = 12;
const readyLimitMs = 1000;
/** How busy the machine is, is looked at so often: load comes and goes. */
const killsPerBareStart = 5;

const canTrace =
  process.platform === 'linux' && spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;
t.setTimeout(isFull ? 3_600_000 : 415_000);

type Tally = {
  readonly hits: Record<string, number>;
  readonly readyMs: number[];
  /** Starts of a bare node, in between. */
  readonly bareMs: number[];
  kills: number;
  leastLive: number;
  /** Approvals that were pending at a kill, each counted at each kill. */
  pending: number;
};

t.test(
  'kill -9 of the daemon under live runs loses nothing and doubles nothing',
  { skip: canTrace ? false : 'needs Linux and strace' },
  async (t) => {
    const random = createRandom();
    t.comment(`seed ${random.seed}`);
    const world = await createWorld();
    const { program, started } = await writeProgram(world.root);
    const repo = await world.repository(join(world.root, 'repo'));
    world.configure(configOfLoad(world, { started, repo }));
    let daemon = startDaemon(world);
    const load = createLoad({ world, random, program, repo: 'repo', everyRuntime: true });
    t.teardown(async () => {
      load.close();
      await daemon.kill();
      await world.close();
    });
    await daemon.ready;
    if (daemon.isDead()) throw new Error(`The daemon did not start: ${daemon.said()}`);

    const tally: Tally = {
      hits: {},
      readyMs: [],
      bareMs: [],
      kills: 0,
      leastLive: Number.POSITIVE_INFINITY,
      pending: 0,
    };
    const { sure, more } = planKills(random);
    const enough = performance.now() + budgetMs;
    for (const point of sure) daemon = await killAt(point, { t, world, load, random, daemon, tally });
    for (const point of more) {
      if (performance.now() > enough) break;
      daemon = await killAt(point, { t, world, load, random, daemon, tally });
    }
    await load.settle();
    await until(
      'all runs to end',
      () => load.settle().then(() => [...load.runs.values()].every((run) => run.isFinished)),
      90_000,
    ).catch((error: unknown) => t.comment(String(error)));
    const verdict = await judge(world, load, { started, daemonPid: daemon.pid });

    t.same(verdict.lost, [], 'no run is lost, each ended as its program did');
    t.same(verdict.startedTwice, [], 'each run was started once');
    t.same(verdict.output, [], 'each line, word and answer is there once and in order');
    t.same(verdict.journal, [], 'seq has no hole, and no reader saw an event twice');
    t.same(verdict.left, [], 'no process, folder or row is left over');
    t.same(load.problems, [], 'no request was refused');
    report(t, { tally, load, verdict, random });
  },
);

/** The least of each point, then the other wanted hits, both shuffled. */
function planKills(random: Random): { sure: KillPoint[]; more: KillPoint[] } {
  const points = Object.keys(wanted) as KillPoint[];
  const repeat = (times: (point: KillPoint) => number) =>
    shuffle(
      points.flatMap((point) => Array<KillPoint>(times(point)).fill(point)),
      random,
    );
  return { sure: repeat(() => leastPerPoint), more: repeat((point) => wanted[point] - leastPerPoint) };
}

function shuffle<T>(items: T[], random: Random): T[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}

type Kill = {
  readonly t: Test;
  readonly world: World;
  readonly load: CrashLoad;
  readonly random: Random;
  readonly daemon: DaemonLife;
  readonly tally: Tally;
};

/** Kills until the point was hit, and returns the daemon that is ready after it. */
async function killAt(point: KillPoint, kill: Kill): Promise<DaemonLife> {
  const { t, world, load, random, tally } = kill;
  let { daemon } = kill;
  for (let tries = 1; ; tries += 1) {
    if (tally.kills % killsPerBareStart === 0) tally.bareMs.push(bareStartMs());
    load.keepLive(liveRuns);
    await until('live runs and a reader', () => load.live().length > 0 && load.journal.isReading());
    tally.kills += 1;
    tally.leastLive = Math.min(tally.leastLive, load.live().length);
    tally.pending += load.pending();
    const { isHit, release } = await killPoints[point]({ world, load, random, daemon, round: tally.kills });
    daemon = startDaemon(world);
    const readyMs = await daemon.ready;
    await release?.(daemon);
    if (daemon.isDead()) throw new Error(`The daemon did not start again: ${daemon.said()}`);
    tally.readyMs.push(readyMs);
    if (isHit) {
      tally.hits[point] = (tally.hits[point] ?? 0) + 1;
      return daemon;
    }
    if (tries < triesPerHit) continue;
    t.comment(`gave up on '${point}' after ${tries} tries`);
    return daemon;
  }
}

type Report = {
  readonly tally: Tally;
  readonly load: CrashLoad;
  readonly verdict: { readonly lines: number; readonly events: number; readonly answersRepeated: number };
  readonly random: Random;
};

function report(t: Test, { tally, load, verdict, random }: Report): void {
  const sorted = tally.readyMs.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const [p50, p99, max] = [at(0.5), at(0.99), at(1)].map(Math.round);
  const perPoint = Object.entries(tally.hits).map(([point, hits]) => `${hits} ${point}`);
  t.comment(`${tally.kills} kills (${perPoint.join(', ')}), seed ${random.seed}`);
  t.comment(
    `${load.runs.size} runs, ${verdict.lines} lines, ${verdict.events} events, ${load.journal.cuts()} cuts of the stream`,
  );
  t.comment(
    `${load.counts.lostAnswers} lost answers found by their key, ${load.counts.approvalsGiven} approvals, ${load.counts.uncertainInputs} uncertain inputs, never fewer than ${tally.leastLive} live runs`,
  );
  t.comment(
    `${tally.pending} times an approval was pending at a kill, ${verdict.answersRepeated} answers were written once more`,
  );
  t.comment(`ready again after ${p50} ms (median), ${p99} ms (p99), ${max} ms (longest)`);
  for (const point of Object.keys(wanted)) {
    t.ok((tally.hits[point] ?? 0) >= leastPerPoint, `${point}: at least ${leastPerPoint} kills`);
  }
  t.ok(tally.leastLive > 0, 'runs were live at every kill');
  t.ok(load.counts.lostAnswers > 0, 'answers were cut off');
  t.ok(load.counts.approvalsGiven > 0, 'approvals were given');
  t.ok(tally.pending > 0, 'approvals were pending at kills');
  t.ok(load.journal.cuts() >= tally.kills, 'the stream was cut by every kill');
  const busy = whyTooBusy(tally.bareMs);
  t.ok((p50 ?? 0) < readyLimitMs, 'ready again in under a second', { skip: busy });
  if (isFull) t.ok((max ?? 0) < readyLimitMs, 'and never later', { skip: busy });
}
