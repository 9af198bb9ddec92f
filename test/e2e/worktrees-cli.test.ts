import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ApplyResult, Run } from '../../src/contract/index.ts';
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
