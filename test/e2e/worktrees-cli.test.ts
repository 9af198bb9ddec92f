import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ApplyResult, Page, PruneResult, Run, Worktree } from '../../src/contract/index.ts';
import { startWorld } from '../support/real-daemon.ts';

t.setTimeout(600_000);

t.test('what a run made is brought into the checkout, staged, committed, or refused', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  await world.drover(`daemon add ${repo}`);
  const start = async (script: string) => {
    const options = ['--repo', repo, '--agent', 'command', '--label', 'Write notes', '--bg'];
    return world.json<Run>(['run', ...options, '--', 'sh', '-c', script]);
  };
  const run = await start('echo note > notes; mkdir deep; echo x > deep/file');
  await world.reach(run.id, 'succeeded');

  const squashed = await world.drover(`runs apply ${run.id} --squash`);
  t.match(squashed, { code: 0, err: '' }, squashed.err);
  t.match(squashed.out, /^2 files staged on \S+; nothing is committed yet\n$/);
  const again = await world.drover(`runs apply ${run.id}`);
  t.equal(again.code, 6);
  t.match(again.err, /Changes of your own in \S+ are in the way:\n {2}deep\/file\n {2}notes\n/);
  await world.git(repo, 'reset', '--quiet', '--hard');

  const applied = await world.json<ApplyResult>(['runs', 'apply', run.id]);
  t.match(applied, { status: 'applied', files: 2, squash: false, left_out: [] });
  t.match(
    await world.git(repo, 'log', '-1', '--format=%H %B'),
    `${applied.commit} Write notes\n\nDrover-Run: ${run.id}`,
  );
  t.equal(readFileSync(join(repo, 'notes'), 'utf8'), 'note\n');
  t.match((await world.drover(`runs apply ${run.id}`)).out, /^nothing to apply: \S+ has all of it\n$/);
  const events = (await world.events()).filter((event) => event.type === 'run.applied');
  t.match(
    events.map(({ run_id, data }) => ({ run_id, data })),
    [
      { run_id: run.id, data: { commit: null, squash: true, files: 2 } },
      { run_id: run.id, data: { commit: applied.commit, squash: false, files: 2 } },
    ],
  );

  const conflicting = await start('echo theirs > README.md');
  await world.reach(conflicting.id, 'succeeded');
  writeFileSync(join(repo, 'README.md'), 'mine\n');
  await world.git(repo, 'commit', '--quiet', '--all', '--message=Mine');
  const answer = await world.http('POST', `/v1/runs/${conflicting.id}/apply`);
  t.match(answer, { status: 409, json: { code: 'apply_conflict', files: ['README.md'] } });
});

t.test('work that is still going on, or elsewhere, is not applied', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  await world.drover(`daemon add ${repo}`);
  const live = await world.json<Run>([
    'run',
    '--repo',
    repo,
    '--bg',
    '--agent',
    'command',
    '--',
    'sleep',
    '60',
  ]);
  await world.reach(live.id, 'running');
  const inPlace = ['run', '--repo', repo, '--bg', '--in-place', '--agent', 'command', '--', 'true'];
  const there = await world.json<Run>(inPlace);
  await world.reach(there.id, 'succeeded');
  const scratch = await world.start('true');
  await world.reach(scratch.id, 'succeeded');

  t.match(await world.drover(`runs apply ${live.id}`), {
    code: 6,
    err: /still at work\n.*drover runs wait/s,
  });
  t.match(await world.drover(`runs apply ${there.id}`), { code: 2, err: /in the checkout itself/ });
  t.match(await world.drover(`runs apply ${scratch.id}`), { code: 2, err: /scratch folder/ });
  t.match(await world.drover('runs apply nosuch'), { code: 5 });
});

t.test('worktrees are listed, pruned on a positive sign, removed and restored', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  await world.drover(`daemon add ${repo}`);
  const start = async (script: string) => {
    const options = ['--repo', repo, '--agent', 'command', '--bg', '--', 'sh', '-c', script];
    const run = await world.json<Run>(['run', ...options]);
    return run.id;
  };
  const commit = 'git add -A; git -c user.name=a -c user.email=a@b commit -q -m work';
  const [idle, busy, unmerged, dirty, nested] = [
    await start('true'),
    await start('echo x > file; sleep 60'),
    await start(`echo x > unmerged; ${commit}`),
    await start('echo x > dirty'),
    await start('git init -q inner; echo precious > inner/x'),
  ];
  for (const id of [idle, unmerged, dirty, nested]) await world.reach(id, 'succeeded');
  await world.reach(busy, 'running');
  const list = async () => (await world.json<Page<Worktree>>(['worktrees', 'list'])).items;
  const byRun = (items: readonly { run_id: string }[], id: string) => items.find((one) => one.run_id === id);

  const listed = await list();
  t.equal(listed.length, 5);
  t.match(byRun(listed, idle), { state: 'ended', merged: true, uncommitted_files: 0, problem: null });
  t.match(byRun(listed, busy), { state: 'live' });
  t.match(byRun(listed, unmerged), { merged: false, branch: /^drover\// });
  t.match(byRun(listed, dirty), { merged: true, uncommitted_files: 1 });
  t.match(
    (await world.drover('worktrees')).out,
    /^RUN +STATE +REPO .*\n(run_\S+ +(ended|live) +shop .*\n){5}$/,
  );

  const plan = await world.json<PruneResult>(['worktrees', 'prune', '--dry-run']);
  const verdicts = {
    [idle]: { removed: true, reason: 'The run changed nothing' },
    [busy]: { removed: false, reason: `The run ${busy} works in it` },
    [unmerged]: { removed: false, reason: 'Its commits are not in the checkout' },
    [dirty]: { removed: false, reason: '1 uncommitted file is not in the checkout' },
    [nested]: { removed: false, reason: 'It holds repositories of its own: inner/' },
  };
  for (const [id, verdict] of Object.entries(verdicts)) t.match(byRun(plan.items, id), verdict);
  t.equal((await list()).length, 5, 'a dry run does nothing');

  await world.drover(`runs apply ${unmerged}`);
  await world.drover(`runs apply ${dirty}`);
  const done = await world.drover('worktrees prune');
  t.match(done.out, /\n3 worktrees removed, 2 kept\n$/);
  t.match(
    done.out,
    new RegExp(`${dirty} +removed +shop +The checkout has all of it; saved as refs/drover/saved/${dirty}`),
  );
  t.same(
    (await list()).map(({ run_id, state }) => `${run_id} ${state}`).toSorted(),
    [`${busy} live`, `${dirty} saved`, `${nested} ended`].toSorted(),
  );

  const refused = await world.drover(`worktrees remove ${busy} ${nested}`);
  t.equal(refused.code, 6);
  t.match(refused.out, /0 worktrees removed, 2 kept/);
  await world.drover(`runs cancel ${busy}`);
  t.match(await world.drover(`worktrees remove ${busy}`), { code: 0, out: /It was named; saved as/ });
  t.match(await world.drover(`worktrees remove ${busy}`), { code: 5, err: /has no worktree/ });

  const restored = await world.drover(`worktrees restore ${busy}`);
  t.match(restored, { code: 0, out: /^restored \S+: on branch drover\/\S+, 1 uncommitted file\n$/ });
  const { worktree } = await world.show(busy);
  t.equal(readFileSync(join(worktree ?? '', 'file'), 'utf8'), 'x\n');
  t.match(await world.drover(`worktrees restore ${busy}`), { code: 6, err: /is there/ });
  const told = (await world.events()).filter(
    ({ type, run_id }) => type.startsWith('worktree.') && run_id === busy,
  );
  t.same(
    told.map(({ type }) => type),
    ['worktree.created', 'worktree.saved', 'worktree.removed', 'worktree.restored'],
  );
});
