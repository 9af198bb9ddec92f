import { execFileSync } from 'node:child_process';
import t, { test } from 'tap';
import { type PlanWorld, sevenTasks, startPlanWorld } from '../support/plan-world.ts';

t.setTimeout(240_000);

const filesOf = (world: PlanWorld, ref: string) =>
  execFileSync('git', ['ls-tree', '--name-only', ref], { cwd: world.repo, encoding: 'utf8' })
    .trim()
    .split('\n');

test('a plan of three waves and seven tasks is carried to done, with a review round and a failed verification', async (t) => {
  const world = await startPlanWorld(t, 'auto_advance = true\nauto_implement = true');
  world.script({
    reviewer: [['signal:review-changes-$PLAN:Add_fixed.txt'], ['signal:review-approved-$PLAN']],
    fixer: [
      ['write:fixed.txt:mended', 'commit', 'signal:implement-finished-$PLAN'],
      ['write:verified.txt:mended', 'commit', 'signal:implement-finished-$PLAN'],
    ],
    verifier: [['signal:verify-failed-$PLAN:verified.txt_is_missing'], ['signal:verify-approved-$PLAN']],
  });
  const before = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: world.repo, encoding: 'utf8' });

  t.equal((await world.create('seven', '')).status, 201);
  t.equal((await world.say('seven', 'plan_start')).status, 200);
  const done = await world.planTo(
    'seven',
    'to be done',
    ({ status, blocked }) => status === 'done' || blocked !== null,
    120_000,
  );

  t.match(done, {
    status: 'done',
    blocked: null,
    forced: false,
    review_cycle: 1,
    verify_cycle: 1,
    tasks_merged: 7,
  });
  t.same(
    filesOf(world, done.branch).toSorted(),
    [
      'README.md',
      'fixed.txt',
      'verified.txt',
      ...[1, 2, 3, 4, 5, 6, 7].map((task) => `task-${task}.txt`),
    ].toSorted(),
  );
  t.equal(done.verification?.head, done.head_commit);
  t.equal(execFileSync('git', ['rev-parse', 'HEAD'], { cwd: world.repo, encoding: 'utf8' }), before);
  t.equal(execFileSync('git', ['status', '--porcelain'], { cwd: world.repo, encoding: 'utf8' }), '');
  t.equal(done.owed.length, 0);
  t.equal(new Set(world.started()).size, world.started().length);
});

test('a draft is refused, a plan with waves is implemented when a person says so', async (t) => {
  const world = await startPlanWorld(t);
  t.match(await world.create('later', 'Some day'), {
    status: 201,
    json: { status: 'ready', phase: 'draft' },
  });
  t.match(await world.say('later', 'implement_start'), {
    status: 409,
    json: { code: 'plan_refused', detail: /a plan without waves cannot be implemented/ },
  });
  t.match(await world.create('later', ''), { status: 409, json: { code: 'plan_exists' } });
  t.match(await world.create('broken', '## Wave 2\n\n### Task 1: x\n\nbody\n'), {
    status: 422,
    json: { code: 'plan_invalid' },
  });
  t.match(await world.create('seven', sevenTasks), {
    status: 201,
    json: { phase: 'planned', task_count: 7 },
  });
});
