/**
 * Work trees with uncommitted work are removed by a process that is killed with -9: before, during and after each of its
 * calls of git, and at any instant. After each kill every byte must be in the work tree, in `<path>.removing`, or in the
 * saved reference; the next process goes on, and after the removal a restore must bring all of it back.
 * `DROVER_TEST_FULL=1` makes 2,000 removals; `DROVER_TEST_SEED` repeats the plan of a run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { silentLog } from '../../src/base/index.ts';
import { newId } from '../../src/contract/index.ts';
import { createWorktrees } from '../../src/domain/repos/index.ts';
import { createGit } from '../../src/foundation/git/index.ts';
import { makeRepo, plainGit } from '../repos/fixture.ts';
import { createRandom } from '../support/random.ts';
import { type Inventory, inventoryOf, makeWork, takeInventory } from '../support/uncommitted-work.ts';
import type { RemovalPlan } from '../support/worktree-remover.ts';

const isFull = process.env.DROVER_TEST_FULL === '1';
const removals = isFull ? 2000 : 60;
const batch = 5;
const lanes = 2;
/** git calls of a removal, about: a kill beyond the last one does not happen. */
const callsOfRemoval = 24;
const longestMs = 1500;
const least = isFull ? 10 : 0;
const remover = fileURLToPath(new URL('../support/worktree-remover.ts', import.meta.url));
const git = createGit({ env: process.env, log: silentLog });

t.setTimeout(isFull ? 4 * 3_600_000 : 600_000);

t.test('no byte of uncommitted work is lost, wherever its removal is killed', async (t) => {
  const random = createRandom();
  t.comment(`DROVER_TEST_SEED=${random.seed}`);
  const root = t.testdir();
  const figures = { removals: 0, kills: 0, files: 0, bytes: 0 };
  const points = new Map<string, number>();
  const lost: string[] = [];

  const lane = async (_: unknown, index: number) => {
    const files = Object.fromEntries(Array.from({ length: 6 }, (__, n) => [`tracked-${n}`, `${n}\n`]));
    const path = makeRepo(join(root, `repo-${index}`), files);
    const repo = { id: `repo_${index}`, path, trusted: true };
    const stateRoot = join(root, 'state');
    const worktrees = createWorktrees({ git, log: silentLog, stateRoot });
    const runIds = Array.from({ length: batch }, (__, n) =>
      newId('run', 1_700_000_000_000 + index * 1000 + n),
    );
    const branches = new Map<string, string>();
    for (const runId of runIds)
      branches.set(runId, (await worktrees.create({ repo, runId, label: 'x' })).branch);
    const folderOf = (runId: string) => join(stateRoot, 'worktrees', repo.id, runId);
    const adminOf = (runId: string) => join(path, '.git/worktrees', runId);

    /** What of `wanted` is nowhere: not in the folder, the one that is being removed, the branch or the saved work. */
    const missingOf = (runId: string, wanted: Inventory) => {
      const saved = `refs/drover/saved/${runId}`;
      const places = [
        takeInventory(folderOf(runId), adminOf(runId)).inventory,
        takeInventory(`${folderOf(runId)}.removing`, adminOf(runId)).inventory,
        ...(['file', 'staged'] as const).flatMap((kind) => [
          inventoryOf(path, saved, kind),
          inventoryOf(path, branches.get(runId) ?? '', kind),
        ]),
        inventoryOf(path, `${saved}^`, 'staged'), // a HEAD on no branch
        inventoryOf(path, `${saved}^2`, 'staged'),
      ];
      return [...wanted].filter(([key, name]) => !places.some((place) => place.get(key) === name));
    };
    const judge = (runId: string, wanted: Inventory, when: string) => {
      for (const [key] of missingOf(runId, wanted)) lost.push(`${runId} ${when}: ${JSON.stringify(key)}`);
    };

    while (figures.removals < removals) {
      const wanted = new Map<string, Inventory>();
      for (const runId of runIds) {
        makeWork(random, folderOf(runId));
        const { inventory, bytes } = takeInventory(folderOf(runId), adminOf(runId));
        wanted.set(runId, inventory);
        figures.files += inventory.size;
        figures.bytes += bytes;
      }
      for (let left = [...runIds]; left.length > 0; ) {
        const { done, current, point } = await removeSome({ stateRoot, repo, runIds: left, random });
        left = left.filter((runId) => !done.includes(runId));
        if (point !== null) {
          figures.kills += 1;
          points.set(point, (points.get(point) ?? 0) + 1);
          if (current !== null) judge(current, wanted.get(current) ?? new Map(), point);
        }
      }
      for (const runId of runIds) {
        figures.removals += 1;
        judge(runId, wanted.get(runId) ?? new Map(), 'removed');
        await worktrees.restore({ repo, runId, branch: branches.get(runId) ?? null, baseCommit: null });
        const { inventory } = takeInventory(folderOf(runId), adminOf(runId));
        for (const [key, name] of wanted.get(runId) ?? [])
          if (key.startsWith('file') && inventory.get(key) !== name)
            lost.push(`${runId} restored: ${JSON.stringify(key)}`);
      }
    }
    t.equal(plainGit(path, 'fsck', '--no-dangling', '--no-progress').trim(), '', 'every object is whole');
  };
  await Promise.all(Array.from({ length: lanes }, lane));

  const hit = [...points].map(([point, times]) => `${point} ${times}`).toSorted();
  t.comment(`${figures.removals} removals, ${figures.kills} kills: ${hit.join(', ')}`);
  t.comment(`${figures.files} files and staged entries, ${figures.bytes} bytes`);
  t.same(lost, []);
  t.ok(figures.kills >= figures.removals / 4, `${figures.kills} kills`);
  for (const command of ['ls-files', 'update-index', 'write-tree', 'commit-tree', 'update-ref', 'worktree'])
    for (const when of ['before', 'during', 'after'])
      t.ok(
        (points.get(`${when} ${command}`) ?? 0) >= least,
        `${when} ${command}: hit ${points.get(`${when} ${command}`) ?? 0} times`,
      );
});

type Some = Omit<RemovalPlan, 'kill'> & { readonly random: ReturnType<typeof createRandom> };

/** Lets a process remove as many as it can until it is killed. `point` is null when it came to its end. */
async function removeSome({ random, ...plan }: Some) {
  const way = random.below(8);
  const kill: RemovalPlan['kill'] =
    way === 0 || way === 7
      ? null
      : {
          call: random.below(callsOfRemoval * Math.min(2, plan.runIds.length)),
          when: random.pick(['before', 'during', 'after'] as const),
          pauseMs: random.below(8),
        };
  const child = spawn(process.execPath, [remover, JSON.stringify({ ...plan, kill } satisfies RemovalPlan)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(plan.stateRoot, 'compiled') },
  });
  let said = '';
  let timer: NodeJS.Timeout | undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    // at any instant, but not before it has begun
    if (way === 7 && timer === undefined)
      timer = setTimeout(() => child.kill('SIGKILL'), random.below(longestMs));
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  if (code !== 0 && signal !== 'SIGKILL')
    throw new Error(`the remover failed: exit ${code} ${signal}\n${said}`);
  const lines = said.split('\n').map((line) => line.split(' '));
  const named = (word: string) =>
    lines.filter(([first]) => first === word).map(([, ...rest]) => rest.join(' '));
  const done = named('end');
  const current = named('begin').findLast((runId) => !done.includes(runId)) ?? null;
  return { done, current, point: signal === 'SIGKILL' ? (named('kill')[0] ?? 'at any instant') : null };
}
