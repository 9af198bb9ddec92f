/** The branch of a plan beside what people do in the repository meanwhile. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { test } from 'tap';
import { type PlanWorld, planText, startPlanWorld, wellBehaved } from '../support/plan-world.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

const implement = async (world: PlanWorld, name: string, text = planText([1])) => {
  await world.create(name, text);
  await world.say(name, 'implement_start');
};

const change = async (world: PlanWorld, file: string, text: string) => {
  writeFileSync(join(world.repo, file), text);
  await world.git(world.repo, 'add', '.');
  await world.git(world.repo, 'commit', '--quiet', `--message=Change ${file}`);
};

const restart = async (world: PlanWorld) => {
  await world.drover('daemon stop');
  await world.drover('daemon start');
};

test('a branch that a person has checked out is left alone until they have left it', async (t) => {
  const world = await startPlanWorld(t);
  const go = join(world.root, 'go');
  world.script({
    'coder-1': [
      [`wait:${go}`, 'write:task-1.txt:work', 'commit', 'signal:implement-task-finished-w1-t1-$PLAN'],
    ],
  });
  await implement(world, 'one');
  await until('the coder to be at work', () => world.started().length === 1, 60_000);
  await world.git(world.repo, 'checkout', '--quiet', 'drover/plan/one');
  writeFileSync(go, '');

  const held = await world.planTo('one', 'to say why it waits', ({ owed }) =>
    owed.some(({ error }) => error),
  );
  t.match(held.owed, [
    { kind: 'join', status: 'pending', error: /is checked out in .*\/shop: .*drover plan retry one/ },
  ]);
  t.equal((await world.git(world.repo, 'status', '--porcelain')).trim(), '', 'nothing is deleted there');

  await world.git(world.repo, 'checkout', '--quiet', 'main');
  t.match(await world.say('one', 'retry'), { status: 200 });
  await world.planTo('one', 'to be done', ({ status }) => status === 'done');
});

test('what came to the base while a verifier worked is noticed', async (t) => {
  const world = await startPlanWorld(t);
  const go = join(world.root, 'go');
  world.script({
    verifier: [[`wait:${go}`, 'signal:verify-approved-$PLAN'], ['wait:/never']],
  });
  await implement(world, 'one');
  await until(
    'the verifier to be at work',
    () => world.started().some((line) => /verifier/.test(line)),
    60_000,
  );
  const seen = (await world.git(world.repo, 'rev-parse', 'main')).trim();
  await change(world, 'task-1.txt', 'the same file, by somebody else\n');
  writeFileSync(go, '');
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  t.equal(done.verification?.base, seen);

  await restart(world);

  await world.planTo('one', 'to be verified again', ({ status }) => status === 'verifying');
});

test('a plan that was merged as one commit is over, and says so', async (t) => {
  const world = await startPlanWorld(t);
  await implement(world, 'one');
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  t.equal(done.merged_at, null);
  await world.git(world.repo, 'merge', '--quiet', '--squash', done.branch);
  await world.git(world.repo, 'commit', '--quiet', '--message=All of it');
  await change(world, 'task-1.txt', 'changed since\n');

  await restart(world);

  const merged = await world.planTo('one', 'to be merged', (plan) => plan.merged_at !== null);
  t.equal(merged.status, 'done');
});

test('a repository that is removed and added again has its plans again', async (t) => {
  const world = await startPlanWorld(t);
  world.script({ 'coder-1': [['wait:/never'], ...(wellBehaved.coder ?? [])] });
  await implement(world, 'one');
  await implement(world, 'two', planText([2]));
  const done = await world.planTo('two', 'to be done', ({ status }) => status === 'done');
  await until('the coder to be at work', () => world.started().some((line) => /coder-1/.test(line)), 60_000);

  const removed = await world.drover('daemon remove shop');
  t.equal(removed.out, 'removed shop; 1 run cancelled\n');
  t.match(removed.err, /2 plans kept: drover daemon add/);
  t.match(await world.http('GET', '/v1/status'), { json: { plans_blocked: 0 } }, 'nobody’s matter');
  const added = await world.http('POST', '/v1/repos', { body: { path: world.repo } });

  t.match(added, { status: 201, json: { project: 'shop', active_plans: 1 } });
  t.same(await world.plan('two'), done);
  const held = await world.planTo('one', 'to wait', ({ blocked }) => blocked !== null);
  t.match(held.blocked, { reason: /cancelled: Canceled by the removal of its repository/ });
  t.match(await world.say('one', 'retry'), { status: 200 });
  await world.planTo('one', 'to be done', ({ status }) => status === 'done');
});

test('what a run has not made as its own is not taken, with the reason and the way on', async (t) => {
  const world = await startPlanWorld(t);
  const finished = 'signal:implement-task-finished-w$WAVE-t$TASK-$PLAN';
  world.script({
    'coder-1': [
      ['git:checkout_--quiet_--ignore-other-worktrees_main', 'write:evil.txt:evil', 'commit', finished],
    ],
    'coder-2': [
      ['write:task-2.txt:two', 'commit', 'git:init_--quiet_sub', 'write:sub/app.txt:app', finished],
    ],
    'coder-3': [
      [
        'write:evil.txt:evil',
        'commit',
        'git:push_--quiet_._HEAD:refs/heads/drover/plan/one',
        'git:reset_--quiet_--hard_HEAD^',
        finished,
      ],
    ],
  });
  await implement(world, 'one', planText([1], [2], [3]));
  const worktree = async (task: number) => {
    const run = (await world.plan('one')).runs.findLast((one) => one.task === task)?.run_id ?? '';
    return world.show(run);
  };
  const blocked = (what: RegExp) =>
    world.planTo('one', `to say ${what.source}`, (plan) => what.test(plan.blocked?.reason ?? ''));

  await blocked(/has the branch main checked out in its worktree, which is not its own/);
  const first = await worktree(1);
  await world.git(first.worktree ?? '', 'checkout', '--quiet', first.branch ?? '');
  await world.say('one', 'retry');

  await blocked(/has made repositories of its own, which no commit holds, in sub: /);
  const second = await worktree(2);
  rmSync(join(second.worktree ?? '', 'sub/.git'), { recursive: true });
  await world.say('one', 'retry');

  const moved = await blocked(/the branch drover\/plan\/one is at .*, where drover did not put it/);
  const back = /`git (update-ref [^`]+)`/.exec(moved.blocked?.reason ?? '')?.[1] ?? '';
  await world.git(world.repo, ...back.split(' '));
  await world.say('one', 'decide');
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  const files = await world.git(world.repo, 'ls-tree', '-r', '--name-only', done.branch);
  t.same(files.trim().split('\n'), ['README.md', 'sub/app.txt', 'task-2.txt']);
  t.match(done.waves[0]?.tasks, [{ status: 'merged', reason: 'it changed nothing' }]);
});
