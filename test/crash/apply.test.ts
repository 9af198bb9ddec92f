/**
 * `runs apply` is killed with -9 before, during and after each of its calls of git, in a checkout where a person has
 * staged, changed, untracked and ignored files: all of them must be as they were, the branch is where it was or has all,
 * and applying again ends well. `DROVER_TEST_FULL=1` tries every step; `DROVER_TEST_SEED` repeats the choice of a run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { plainGit, put } from '../repos/fixture.ts';
import { setUp } from '../support/apply-world.ts';
import type { DeathPlan } from '../support/dying-git.ts';
import { createRandom } from '../support/random.ts';
import { processesOf } from '../support/real-daemon.ts';
import { takeInventory } from '../support/uncommitted-work.ts';
import { until } from '../support/until.ts';
import type { ApplyPlan } from '../support/work-applier.ts';

const isFull = process.env.DROVER_TEST_FULL === '1';
const applier = fileURLToPath(new URL('../support/work-applier.ts', import.meta.url));
const tries = 16;

t.setTimeout(isFull ? 3_600_000 : 600_000);

t.test('a person’s files and their branch survive a kill at every step of an apply', async (t) => {
  const random = createRandom();
  t.comment(`DROVER_TEST_SEED=${random.seed}`);
  const { root, path, repo, runId, made, apply, said, commit } = await setUp(t, { trusted: true });
  commit(made.path, 'a.txt', '1\n2\n3\n4\n5 agent\n');
  put(join(made.path, 'new/file'), 'by the agent\n');
  commit(path, 'a.txt', '1 mine\n2\n3\n4\n5\n');
  const before = said('rev-parse', 'HEAD');
  const wanted = { repo, runId, placeId: runId, branch: made.branch, label: 'x', squash: false };

  const lay = () => {
    plainGit(path, 'reset', '-q', '--hard', before);
    plainGit(path, 'clean', '-q', '-d', '-f', '-x');
    put(join(path, 'b.txt'), 'staged\n');
    plainGit(path, 'add', 'b.txt');
    put(join(path, 'b.txt'), 'staged, then changed\n');
    put(join(path, 'dir/c.txt'), 'changed\n');
    put(join(path, 'mine.txt'), 'untracked\n');
    put(join(path, 'mine.local'), 'ignored\n');
    return takeInventory(path, join(path, '.git')).inventory;
  };
  const touched = new Set(['file a.txt', 'staged a.txt', 'file new/file', 'staged new/file']);
  const run = async (kill: DeathPlan | null) => {
    const plan: ApplyPlan = { stateRoot: join(root, 'state'), wanted, kill };
    const env = { ...process.env, NODE_COMPILE_CACHE: join(root, 'compiled') };
    const child = spawn(process.execPath, [applier, JSON.stringify(plan)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(child, 'close');
    return text.trim();
  };

  const points = new Map<string, number>();
  const steps: DeathPlan[] = [];
  for (let call = 0; call < 60; call += 1)
    for (const when of ['before', 'during', 'after'] as const)
      steps.push({ call, when, pauseMs: random.below(6) });
  const chosen = isFull ? steps : Array.from({ length: tries }, () => steps[random.below(90)] as DeathPlan);
  for (const step of chosen) {
    const own = lay();
    const point = await run(step);
    if (!point.startsWith('kill')) continue; // it has fewer calls than that
    points.set(point, (points.get(point) ?? 0) + 1);
    await until('git to be done, which may be at work without us', () => processesOf(root).length === 0);

    const there = takeInventory(path, join(path, '.git')).inventory;
    const changed = [...own].filter(([key, name]) => !touched.has(key) && there.get(key) !== name);
    t.same(changed, [], `${point} (call ${step.call}): every file of the person is as it was`);
    const head = said('rev-parse', 'HEAD');
    t.ok(
      head === before || said('show', 'HEAD:new/file') === 'by the agent',
      'the branch has nothing or all',
    );
    await apply();
    t.equal(said('show', 'HEAD:a.txt'), '1 mine\n2\n3\n4\n5 agent', 'applied in the end');
    t.equal(said('rev-list', '--count', `${before}..HEAD`), '3', 'once');
  }
  t.comment([...points].map(([point, times]) => `${point} ${times}`).join(', '));
  t.ok(points.size >= (isFull ? 30 : 5), `${points.size} points hit`);
  rmSync(join(root, 'compiled'), { recursive: true, force: true });
});
