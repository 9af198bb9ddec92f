/**
 * Many runs on one repository at the same time: each gets a worktree, commits in it with plain git, and is applied to the
 * checkout, while the others do the same. No call of git may fail for another's lock.
 * `DROVER_TEST_FULL=1` makes 50 of them.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { PruneResult, Run } from '../../src/contract/index.ts';
import { startWorld } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

const count = process.env.DROVER_TEST_FULL === '1' ? 50 : 12;
const commitsEach = 3;

t.setTimeout(1_200_000);

/** Waits until all runs have begun, so that they are at git together; any command that fails ends it. */
const script = `set -e
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
: >"$0/$DROVER_RUN_ID"
while [ "$(ls "$0" | wc -l)" -lt ${count} ]; do sleep 0.05; done
for n in $(seq ${commitsEach}); do
  echo "$n" >"$DROVER_RUN_ID-$n"
  git add "$DROVER_RUN_ID-$n"
  git commit --quiet --message "$DROVER_RUN_ID $n"
done
echo loose >"$DROVER_RUN_ID-loose"`;

t.test(`${count} runs on one repository at once: no git error, nothing lost`, async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  world.configure('max_parallel_runs = 100\nmax_parallel_runs_per_repo = 100\n');
  await world.drover('daemon reload');
  const repo = await world.repository(join(world.root, 'shop'));
  await world.drover(`daemon add ${repo}`);
  const meeting = join(world.root, 'meeting');
  mkdirSync(meeting);

  const started = performance.now();
  const body = { agent: 'command', repo, command: ['sh', '-c', script, meeting] };
  const answers = await Promise.all(
    Array.from({ length: count }, () => world.http('POST', '/v1/runs', { body })),
  );
  const ids = answers.map(({ json }) => String(json.id));
  t.equal(new Set(ids).size, count);
  const runs: Run[] = [];
  for (const id of ids) {
    const isOver = async () => {
      const run = await world.show(id);
      return run.ended_at !== null && run;
    };
    runs.push(await until(`the end of ${id}`, isOver, 600_000));
  }
  t.comment(`${count} runs in ${Math.round(performance.now() - started)} ms`);

  t.same(
    runs.filter(({ status }) => status !== 'succeeded').map(({ id, reason }) => `${id}: ${reason}`),
    [],
    'no run failed',
  );
  for (const { id, branch } of runs) {
    const log = await world.git(repo, 'log', '--format=%s', `main..${branch}`);
    t.same(
      log.trim().split('\n'),
      [3, 2, 1].map((n) => `${id} ${n}`),
      `the commits of ${id}`,
    );
  }

  const applied = await Promise.all(ids.map((id) => world.http('POST', `/v1/runs/${id}/apply`)));
  t.same(
    applied.filter(({ status }) => status !== 200).map(({ json }) => json.detail),
    [],
    'all were applied, one after the other',
  );
  const files = (await world.git(repo, 'ls-tree', '--name-only', 'HEAD')).split('\n');
  t.equal(files.filter((name) => name.startsWith('run_')).length, count * (commitsEach + 1));
  t.equal(await world.git(repo, 'status', '--porcelain'), '');

  const pruned = (await world.http('POST', '/v1/worktrees/prune')).json as unknown as PruneResult;
  t.equal(pruned.items.filter(({ removed }) => removed).length, count);
  t.equal((await world.git(repo, 'worktree', 'list')).trim().split('\n').length, 1);
  t.equal((await world.git(repo, 'fsck', '--no-dangling', '--no-progress')).trim(), '');
  t.same(locksBelow(join(repo, '.git')), []);
  const [log = ''] = readdirSync(join(world.stateRoot, 'logs'));
  const lines = readFileSync(join(world.stateRoot, 'logs', log), 'utf8').split('\n');
  t.same(
    lines.filter((line) => /git_failed|\.lock/.test(line)),
    [],
    'no git error in the log',
  );
});

function locksBelow(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true }) as string[];
  return all.filter((name) => name.endsWith('.lock'));
}
