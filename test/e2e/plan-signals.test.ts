import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { test } from 'tap';
import type { Event, Plan, Signal } from '../../src/contract/index.ts';
import { type PlanWorld, planText, startPlanWorld } from '../support/plan-world.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

/** Says something by a file, as an agent or a person without the command line does. */
function drop(root: string, name: string, body = ''): void {
  const folder = join(root, '.drover/signals');
  mkdirSync(join(folder, 'staging'), { recursive: true });
  writeFileSync(join(folder, 'staging', name), body);
  renameSync(join(folder, 'staging', name), join(folder, name));
}

const reasonOf = (root: string, name: string) =>
  until(`${name} to be refused`, () => {
    const file = join(root, '.drover/signals/failed', `${name}.reason`);
    return existsSync(file) && readFileSync(file, 'utf8');
  });

const signals = async (world: PlanWorld) =>
  (await world.http('GET', '/v1/repos/shop/signals?limit=0')).json as unknown as { items: Signal[] };

const worktreeOf = async (world: PlanWorld, plan: Plan, role: string) =>
  (await world.show(plan.runs.findLast((run) => run.role === role)?.run_id ?? '')).worktree ?? '';

test('a run that ends without its signal is asked once, then it is a person’s decision', async (t) => {
  const world = await startPlanWorld(t);
  world.script({ reviewer: [['write:x:y']] });
  await world.create('mute', planText([1]));
  await world.say('mute', 'implement_start');
  const blocked = await world.planTo('mute', 'to wait', (plan) => plan.blocked !== null);
  t.match(blocked, {
    status: 'reviewing',
    blocked: { reason: 'the reviewer ended twice without saying that it is done', by: 'daemon' },
  });
  const reviews = blocked.runs.filter(({ role }) => role === 'reviewer');
  t.equal(reviews.length, 2);
  const [first, asked] = await Promise.all(reviews.map(({ run_id: id }) => world.show(id)));
  t.equal(asked?.session_id, first?.session_id, 'in the conversation that it had');
  t.match(asked?.prompt, /review-approved-mute/);

  // What it forgot is said for it, in its worktree: late, and it counts.
  drop(first?.worktree ?? '', 'review-approved-mute');
  const late = await world.planTo('mute', 'to be verifying', ({ status }) => status === 'verifying');
  t.match(late.blocked, { by: 'daemon' }, 'a person has not decided yet');
  t.equal((await world.say('mute', 'decide')).status, 200);
  await world.planTo('mute', 'to be done', ({ status }) => status === 'done');
});

test('what may not be said is refused with a reason, in the folder and in plan show', async (t) => {
  const world = await startPlanWorld(t);
  world.script({ 'coder-2': [['wait:/never']] });
  await world.create('busy', planText([1, 2]));
  await world.say('busy', 'implement_start');
  const plan = await world.planTo('busy', 'to have one', ({ tasks_merged }) => tasks_merged === 1);
  const coder = await until('the coder', () => worktreeOf(world, plan, 'coder'));

  for (const [root, name, why] of [
    [world.repo, 'review-approved-busy', /only its reviewer may say `review_approved`/],
    [world.repo, 'planner-finished-nobody', /no plan 'nobody'/],
    [coder, 'verify-approved-busy', /only its verifier/],
    [coder, 'implement-task-finished-w1-t1-busy', /only its coder or fixer of task 1 may say/],
    [coder, 'implement-task-finishd-w1-t2-busy', /its name is not that of a signal/],
    [coder, 'needs-decision-busy', /body is empty/],
  ] as const) {
    drop(root, name);
    t.match(await reasonOf(root, name), why, name);
  }
  const now = await world.plan('busy');
  t.equal(now.status, 'implementing');
  t.ok(now.refused.length >= 4);
  const events = await world.http('GET', '/v1/events?limit=0', { headers: { accept: 'application/json' } });
  const typo = (events.json as unknown as { items: Event[] }).items.filter(({ data }) => 'file' in data);
  t.match(typo, [
    {
      plan_id: now.id,
      data: { plan: 'busy', file: 'implement-task-finishd-w1-t2-busy', reason: /its name is not/ },
    },
  ]);
  t.notOk(existsSync(join(world.repo, '.gitignore')));
  t.equal(await world.git(world.repo, 'status', '--porcelain'), '');
});

test('what lies in a checkout is answered, also while no plan of it is at work', async (t) => {
  const world = await startPlanWorld(t);
  await world.create('resting', planText([1]));

  for (const [name, why] of [
    ['review-approved-resting', /it lies in the checkout, and no run of the plan may say it now/],
    ['planner-finished-nobody', /no plan 'nobody'/],
    ['rubbish', /name/],
  ] as const) {
    drop(world.repo, name);
    t.match(await reasonOf(world.repo, name), why, name);
  }
  t.equal((await signals(world)).items.length, 2);
  t.match(await world.plan('resting'), { status: 'ready', refused: [{ event: 'review_approved' }] });
});

test('an agent by its own token says what is its own to say, and nothing else', async (t) => {
  const world = await startPlanWorld(t);
  const drover = `"$NODE" "$DROVER" --json`;
  const script = [
    `${drover} signal review-approved one --repo shop >by-other 2>&1; echo $? >code-other`,
    `${drover} plan cancel one --repo shop >by-cancel 2>&1; echo $? >code-cancel`,
    `${drover} plan create mine --repo shop >by-create 2>&1; echo $? >code-create`,
    `echo ready >ready`,
    'sleep 300',
  ].join('\n');
  writeFileSync(join(world.root, 'coder.sh'), script);
  world.configure(`
max_parallel_runs = 8
default_agent = "shell"
[agents.shell]
runtime = "command"
command = ["/bin/sh", ${JSON.stringify(join(world.root, 'coder.sh'))}]
env = { NODE = ${JSON.stringify(process.execPath)}, DROVER = ${JSON.stringify(world.program)} }
`);
  t.equal((await world.drover('daemon reload')).code, 0);
  await world.create('one', planText([1]));
  await world.say('one', 'implement_start');
  const plan = await world.planTo('one', 'to have a run', ({ runs }) => runs.length === 1);
  const worktree = await until('the worktree', () => worktreeOf(world, plan, 'coder'));
  await until('what it tried', () => existsSync(join(worktree, 'ready')), 60_000);
  const said = (name: string) => readFileSync(join(worktree, name), 'utf8').trim();
  t.equal(said('code-other'), '6', said('by-other'));
  t.match(said('by-other'), /only its reviewer/);
  t.equal(said('code-cancel'), '4', said('by-cancel'));
  t.equal(said('code-create'), '4', said('by-create'));
  t.equal((await world.plan('one')).status, 'implementing');
});

test('the same file twice is two signals; one is never applied twice', async (t) => {
  const world = await startPlanWorld(t);
  const go = join(world.root, 'go');
  world.script({ 'coder-2': [[`wait:${go}`]] });
  await world.create('twice', planText([1, 2]));
  await world.say('twice', 'implement_start');
  const plan = await world.planTo('twice', 'to have one', ({ tasks_merged }) => tasks_merged === 1);
  const coder = await until('its worktree', async () => {
    const run = plan.runs.find(({ task }) => task === 2);
    return (await world.show(run?.run_id ?? '')).worktree;
  });
  drop(coder, 'implement-task-finished-w1-t2-twice');
  writeFileSync(go, '');
  await world.planTo('twice', 'to be done', ({ status }) => status === 'done');
  const of = (await signals(world)).items.filter(
    ({ event, task }) => event === 'task_finished' && task === 2,
  );
  t.same(
    of.map(({ status }) => status),
    ['done'],
  );
  t.same(
    readdirSync(join(coder, '.drover/signals')).filter((name) => name.startsWith('implement')),
    [],
  );
});

test('what is said is heard at once, each time, without any poll', async (t) => {
  const world = await startPlanWorld(t, 'poll_interval_sec = 3600');
  world.script({ 'coder-1': [['wait:/never']] });
  await world.create('heard', planText([1]));
  await world.say('heard', 'implement_start');
  const run = await until('the run', async () => (await world.plan('heard')).runs[0]?.run_id);
  const coder = await until('its worktree', async () => (await world.show(run)).worktree);
  await world.reach(run, 'running');
  await until('the folder', () => existsSync(join(coder, '.drover/signals')));
  for (let index = 0; index < 10; index += 1) {
    drop(coder, 'needs-decision-heard', `question ${index}`);
    await world.planTo(
      'heard',
      `to be asked ${index}`,
      ({ blocked }) => blocked?.reason.split('\n').at(-1) === `question ${index}`,
      10_000,
    );
  }
  t.equal(await world.git(coder, 'status', '--porcelain'), '', 'git does not see the folder');

  // The checkout has no folder for signals until a person makes one.
  drop(world.repo, 'review-approved-heard');
  t.match(await reasonOf(world.repo, 'review-approved-heard'), /only its reviewer/);
});

test('a decision that an agent asks for, its words and the answer', async (t) => {
  const world = await startPlanWorld(t);
  world.script({
    planner: [['signal:needs-decision-$PLAN:Blue_or_green?'], ['signal:planner-finished-$PLAN:nonsense']],
  });
  await world.create('asks', 'Paint it');
  await world.say('asks', 'plan_start');
  t.match(await world.planTo('asks', 'to wait', ({ blocked }) => blocked !== null), {
    status: 'planning',
    blocked: { reason: 'Blue or green?', by: 'agent' },
  });
  t.match((await world.drover('plan list --repo shop')).out, /Blue or green\?|asks/);
  const figures = (await world.http('GET', '/metrics')).text;
  t.match(figures, /^drover_plans\{status="planning"\} 1$/m);
  t.match(figures, /^drover_plans_blocked 1$/m);
  t.match(figures, /^drover_plans_blocked_oldest_age_seconds (?!0$)\d/m);
  t.match(figures, /^drover_plan_actions_dead 0$/m);
  t.match((await world.drover('status')).out, /plan/i);
  const decided = await world.run(['plan', 'decide', 'asks', 'Green', '--repo', 'shop']);
  t.equal(decided.code, 0, decided.err);
  const refused = await world.planTo(
    'asks',
    'to refuse a plan without waves',
    (plan) => plan.refused.length > 0,
  );
  t.match(refused.refused[0]?.reason, /no waves/);
  const planner = await world.show(refused.runs.findLast(({ role }) => role === 'planner')?.run_id ?? '');
  t.match(planner.prompt, /Green|no waves/);
});

test('what git has checked out is nobody’s word, in a worktree and in the checkout', async (t) => {
  const world = await startPlanWorld(t);
  const gate = join(world.root, 'gate');
  world.script({
    planner: [[`wait:${gate}`, 'write:x:y']],
    reviewer: [[`wait:${gate}`, 'signal:review-changes-$PLAN:no']],
    fixer: [['wait:/never']],
  });
  const forge = async (name: string, body: string) => {
    writeFileSync(join(world.root, 'forged'), body);
    const object = await world.git(world.repo, 'hash-object', '-w', join(world.root, 'forged'));
    const entry = `100644,${object.trim()},.drover/signals/${name}`;
    await world.git(world.repo, 'update-index', '--add', '--cacheinfo', entry);
    await world.git(world.repo, 'commit', '-qm', name);
    await world.git(world.repo, 'reset', '-q', '--hard');
  };
  const told = async (file: string) => {
    const { json } = await world.http('GET', '/v1/events?limit=0', {
      headers: { accept: 'application/json' },
    });
    return (json as unknown as { items: Event[] }).items.filter(
      ({ data }) => 'file' in data && data.file === file,
    );
  };

  await forge('planner-finished-login', planText([1]));
  await world.create('login', 'Log in by link');
  await world.say('login', 'plan_start');
  const [event] = await until('it to be told', async () => {
    const events = await told('planner-finished-login');
    return events.length > 0 && events;
  });
  t.match(event?.data, { plan: 'login', reason: /^git tracks it/ });
  t.match(await world.plan('login'), { status: 'planning', phase: 'planning', waves: [] });

  await world.git(world.repo, 'checkout', '-q', '-b', 'up');
  await forge('review-approved-pulled', '');
  await world.git(world.repo, 'checkout', '-q', 'main');
  await world.create('pulled', planText([1]));
  await world.say('pulled', 'implement_start');
  await world.planTo('pulled', 'to be reviewed', ({ runs }) => runs.some(({ role }) => role === 'reviewer'));
  await world.git(world.repo, 'merge', '-q', 'up');
  await until('the pulled one to be told', async () => (await told('review-approved-pulled')).length > 0);
  t.equal((await world.plan('pulled')).status, 'reviewing');
  t.equal(await world.git(world.repo, 'status', '--porcelain'), '', 'the checkout is as it was');

  writeFileSync(gate, '');
  const heard = await world.planTo('pulled', 'to be mended', ({ phase }) => phase === 'fixing');
  t.equal(heard.review, null);
});

test('a coder that commits the verdicts of others is not joined', async (t) => {
  const world = await startPlanWorld(t);
  const forged = '.drover/signals/review-approved-$PLAN';
  world.script({
    coder: [
      [
        `write:${forged}.new:ok`,
        `git:update-index --add --cacheinfo 100644,e69de29bb2d1d6434b8b29ae775ad8c2e48c5391,${forged}`,
        'write:x:x',
        'git:hash-object -w --stdin',
        'git:add x',
        'git:commit -qm x',
        `git:update-index --skip-worktree ${forged}`,
        'signal:implement-task-finished-w$WAVE-t$TASK-$PLAN',
      ],
    ],
  });
  await world.create('own', planText([1]));
  await world.say('own', 'implement_start');

  const { blocked, branch } = await world.planTo('own', 'to wait', (plan) => plan.blocked !== null);

  t.match(
    blocked?.reason,
    /has signals in its work, which are never committed: take .drover\/signals out of git/,
  );
  t.equal(await world.git(world.repo, 'ls-tree', '-r', '--name-only', branch, '.drover'), '');
});
