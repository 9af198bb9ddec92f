/**
 * Process trees that do not want to end, cancelled over HTTP: agents and children that ignore signals, leave their
 * session, clear their environment, stop themselves, or fork faster than one looks. Nothing of them may be left, and soon.
 * `DROVER_TEST_FULL=1` makes 100 of them; `DROVER_TEST_SEED` repeats the trees of a run.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { commandLine } from '../support/daemon-life.ts';
import { type NastyTree, nastyWays, writeNastyTree } from '../support/nasty-trees.ts';
import { bareStartMs, whyTooBusy } from '../support/quiet.ts';
import { createRandom } from '../support/random.ts';
import { startWorld, type World } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

const count = process.env.DROVER_TEST_FULL === '1' ? 100 : 26;
const lanes = 4;
const goneWithinMs = 10_000;
/** What is still there then is counted as a survivor. */
const giveUpMs = 60_000;
t.setTimeout(600_000);

type Outcome = { readonly name: string; readonly ms: number; readonly wrong: readonly string[] };

t.test(
  `${count} nasty process trees are cancelled without a survivor`,
  { skip: process.platform === 'linux' ? false : 'needs /proc' },
  async (t) => {
    const random = createRandom();
    t.comment(`seed ${random.seed}`);
    const world = await startWorld(`max_parallel_runs = ${lanes}\n`);
    t.teardown(world.close);
    const parent = join(world.root, 'trees');
    mkdirSync(parent);
    const trees = Array.from({ length: count }, (_, index) => writeNastyTree(parent, random, index));

    const bareMs: number[] = [];
    const outcomes = await inLanes(trees, (tree) => {
      bareMs.push(bareStartMs());
      return endTree(world, tree);
    });

    const ms = outcomes.map((outcome) => outcome.ms).sort((a, b) => a - b);
    const at = (share: number) => Math.round(ms[Math.min(ms.length - 1, Math.floor(ms.length * share))] ?? 0);
    t.comment(`empty after ${at(0.5)} ms (median), ${at(0.99)} ms (p99), ${at(1)} ms (longest)`);
    for (const { name, ms } of outcomes.filter((outcome) => outcome.ms > goneWithinMs - 2000))
      t.comment(`${Math.round(ms)} ms: ${name}`);
    t.equal(outcomes.length, count);
    t.same(
      outcomes.flatMap((outcome) => outcome.wrong),
      [],
      'nothing is left, and each run ended as it should',
    );
    t.ok(at(1) <= goneWithinMs, `all within ${goneWithinMs} ms`, { skip: whyTooBusy(bareMs) });
    t.same(
      nastyWays.filter((way) => !trees.some((tree) => tree.ways.includes(way))),
      [],
      'every way was tried',
    );
  },
);

async function endTree(world: World, tree: NastyTree): Promise<Outcome> {
  const name = `${tree.ways.join(', ')} (head ${tree.head})`;
  const answer = await world.http('POST', '/v1/runs', { body: { command: tree.command } });
  const { id } = answer.json as { id: string };
  await until(`the tree to grow: ${name}`, () => existsSync(tree.ready) && processesBelow(tree).length > 0);

  const begun = performance.now();
  const isCancelled = tree.head !== 'leaves';
  if (isCancelled) await world.http('DELETE', `/v1/runs/${id}`);
  else writeFileSync(tree.leave, '');
  const run = await world.reach(id, 'canceled', 'succeeded', 'failed', 'interrupted');
  const isGone = () => processesBelow(tree).length === 0;
  const left = await until(`the end of ${name}`, isGone, giveUpMs).then(
    () => [],
    () => processesBelow(tree),
  );
  const ms = performance.now() - begun;
  const wanted = isCancelled ? 'canceled' : 'succeeded';
  return {
    name,
    ms,
    wrong: [
      ...left.map((pid) => `${name}: ${pid} ${commandLine(pid)}`),
      ...(run.status === wanted ? [] : [`${name}: ${id} is ${run.status} (${run.reason}), not ${wanted}`]),
    ],
  };
}

/** All command lines of the machine, looked at anew when they are older than this: the lanes look together. */
const lookMs = 50;
let looked: { readonly at: number; readonly lines: ReadonlyMap<string, string> } | null = null;

/** By their arguments, which drover does not look at. The last character keeps tree 1 apart from tree 10. */
function processesBelow(tree: NastyTree): string[] {
  if (looked === null || performance.now() - looked.at > lookMs) {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    looked = { at: performance.now(), lines: new Map(pids.map((pid) => [pid, commandLine(pid)])) };
  }
  return [...looked.lines].filter(([, line]) => line.includes(`${tree.folder}/`)).map(([pid]) => pid);
}

async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift())
      results.push(await work(item));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
