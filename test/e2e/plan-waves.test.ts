import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { test } from 'tap';
import type { PruneResult } from '../../src/contract/index.ts';
import { planText, startPlanWorld } from '../support/plan-world.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

const show = (repo: string, what: string) =>
  execFileSync('git', ['show', what], { cwd: repo, encoding: 'utf8' });

test('two tasks that change the same line: a fixer brings both together', async (t) => {
  const world = await startPlanWorld(t);
  const finished = 'signal:implement-task-finished-w$WAVE-t$TASK-$PLAN';
  world.script({
    coder: [['write:README.md:by_task_$TASK', 'commit', finished]],
    'fixer-2': [['git:merge_--quiet_-s_ours_$OTHER', 'write:README.md:by_both', 'commit', finished]],
  });
  await world.create('both', planText([1, 2]));
  await world.say('both', 'implement_start');
  const done = await world.planTo(
    'both',
    'to be done',
    ({ status, blocked }) => status === 'done' || blocked !== null,
  );

  t.match(done, { status: 'done', tasks_merged: 2 });
  t.equal(show(world.repo, `${done.branch}:README.md`), 'by both\n');
  t.same(done.runs.map(({ role, task }) => `${role} ${task ?? '-'}`).toSorted(), [
    'coder 1',
    'coder 2',
    'fixer 2',
    'reviewer -',
    'verifier -',
  ]);
  const fixer = await world.show(done.runs.find(({ role }) => role === 'fixer')?.run_id ?? '');
  t.match(fixer.prompt, /README\.md/);
});

test('a fixer that leaves the other side out has not resolved a conflict, but a person may think so', async (t) => {
  const world = await startPlanWorld(t);
  const finished = 'signal:implement-task-finished-w$WAVE-t$TASK-$PLAN';
  world.script({
    coder: [['write:README.md:by_task_$TASK', 'commit', finished]],
    'fixer-2': [['write:other.txt:instead', 'commit', finished]],
  });
  await world.create('half', planText([1, 2]));
  await world.say('half', 'implement_start');
  const waiting = await world.planTo('half', 'to wait', ({ blocked }) => blocked !== null);
  t.match(waiting.blocked?.reason, /task 2: its work conflicts still: its fixer has not merged drover\//);
  t.match(await world.say('half', 'task_finished', { task: 2 }), { status: 200 });
  const done = await world.planTo('half', 'to be done', ({ status }) => status === 'done');
  t.match(done, { tasks_merged: 2, blocked: null });
  t.equal(show(world.repo, `${done.branch}:other.txt`), 'instead\n');
});

test('a coder that somebody cancels is not started again, and its work can be taken', async (t) => {
  const world = await startPlanWorld(t);
  world.script({ 'coder-1': [['write:task-1.txt:so_far', 'linger']] });
  await world.create('ends', planText([1]));
  await world.say('ends', 'implement_start');
  const run = await until('its coder', async () => (await world.plan('ends')).runs[0]?.run_id);
  const { worktree } = await world.reach(run, 'running');
  await until('what it made', () => existsSync(join(worktree ?? '', 'task-1.txt')));
  t.equal((await world.drover(`runs cancel ${run}`)).code, 0);
  const waiting = await world.planTo('ends', 'to wait', ({ blocked }) => blocked !== null);
  t.match(waiting.blocked?.reason, /task 1: the coder of task 1 was cancelled/);
  t.equal(waiting.runs.length, 1);
  await world.say('ends', 'task_finished', { task: 1 });
  const done = await world.planTo('ends', 'to be done', ({ status }) => status === 'done');
  t.equal(show(world.repo, `${done.branch}:task-1.txt`), 'so far\n');
});

test('a coder that asks and ends is answered by the next one, which is told of its work', async (t) => {
  const world = await startPlanWorld(
    t,
    '[agents.once]\nruntime = "command"\ncommand = ["/bin/sh", "once.sh"]',
  );
  const script = [
    'signal() { mkdir -p .drover/signals/staging; printf "%s" "$2" >".drover/signals/staging/$1"; mv ".drover/signals/staging/$1" ".drover/signals/$1"; }',
    'if [ -e README.md ] && [ ! -e half.txt ] && [ "$DROVER_PLAN_ROLE" = coder ] && ! git log --all --format=%s | grep -q half; then',
    '  echo half >half.txt; git add half.txt; git -c user.name=A -c user.email=a@localhost commit -qm half',
    '  signal needs-decision-asks "Which database?"; exit 0',
    'fi',
    'case "$DROVER_PLAN_ROLE" in',
    '  coder) signal "implement-task-finished-w1-t1-asks" "";;',
    '  reviewer) signal review-approved-asks "";;',
    '  verifier) signal verify-approved-asks "";;',
    'esac',
  ];
  writeFileSync(join(world.repo, 'once.sh'), script.join('\n'));
  await world.git(world.repo, 'add', '.');
  await world.git(world.repo, 'commit', '--quiet', '--message=Agent');
  const text = readFileSync(world.config, 'utf8');
  world.configure(text.replace(/^default_agent = .*$/m, 'default_agent = "once"'));
  t.equal((await world.drover('daemon reload')).code, 0);
  await world.create('asks', planText([1]));
  await world.say('asks', 'implement_start');
  const asks = await world.planTo(
    'asks',
    'to wait with nobody at work',
    ({ blocked, runs }) => blocked !== null && runs.every(({ state }) => state === 'closed'),
  );
  t.match(asks, {
    blocked: { reason: 'Which database?', by: 'agent' },
    waves: [{ tasks: [{ attempt: 1 }] }],
  });
  t.equal((await world.drover('plan decide asks SQLite --repo shop')).code, 0);
  const done = await world.planTo('asks', 'to be done', ({ status }) => status === 'done');
  const coders = done.runs.filter(({ role }) => role === 'coder');
  t.equal(coders.length, 2);
  const [first, second] = await Promise.all(coders.map(({ run_id: id }) => world.show(id)));
  t.match(second?.prompt, /```material question\nWhich database\?\n```\n[^`]*```guidance\nSQLite\n```/);
  t.ok(second?.prompt?.includes(first?.branch ?? 'no branch'), 'where the work of the first is');
  t.notMatch(second?.prompt, /without saying/);
});

test('a task that fails is tried again, then the wave waits for a person, and goes on', async (t) => {
  const world = await startPlanWorld(t);
  world.script({ 'coder-1': [['exit:3']] });
  await world.create('fails', planText([1, 2], [3]));
  await world.say('fails', 'implement_start');
  const waiting = await world.planTo('fails', 'to wait', ({ blocked }) => blocked !== null);

  t.match(waiting, {
    status: 'implementing',
    phase: 'wave_waiting',
    blocked: { reason: /^wave 1 has failed \(task 1: the coder of task 1 failed/, by: 'daemon' },
    waves: [{ tasks: [{ status: 'failed', attempt: 2 }, { status: 'merged' }] }],
  });
  t.equal(world.started().filter((line) => line.startsWith('start coder-1 ')).length, 2);
  t.match(await world.say('fails', 'wave_start'), { status: 409 }, 'not while it waits');
  world.script({});
  t.equal((await world.say('fails', 'retry')).status, 200);
  t.match(await world.planTo('fails', 'to be done', ({ status }) => status === 'done'), { tasks_merged: 3 });
});

test('without auto_advance_waves each wave waits for a person', async (t) => {
  const world = await startPlanWorld(t, 'auto_advance_waves = false\nmax_parallel_wave_tasks = 1');
  await world.create('slow', planText([1, 2], [3]));
  await world.say('slow', 'implement_start');
  const waiting = await world.planTo('slow', 'to wait', ({ phase }) => phase === 'wave_waiting');
  t.match(waiting, { wave: 1, tasks_merged: 2, blocked: null });
  t.match(await world.say('slow', 'wave_start', { wave: 3 }), {
    status: 409,
    json: { detail: /the plan 'slow' has no wave 3: they count from 1 to 2/ },
  });
  t.equal((await world.say('slow', 'wave-start', { wave: 2 })).status, 200);
  t.match(await world.planTo('slow', 'to be done', ({ status }) => status === 'done'), {
    wave: 2,
    tasks_merged: 3,
  });
});

test('work that a coder has not committed is not lost', async (t) => {
  const world = await startPlanWorld(t);
  world.script({
    coder: [['write:dirty.txt:never_committed', 'signal:implement-task-finished-w$WAVE-t$TASK-$PLAN']],
  });
  await world.create('dirty', planText([1]));
  await world.say('dirty', 'implement_start');
  const done = await world.planTo('dirty', 'to be done', ({ status }) => status === 'done');
  t.equal(show(world.repo, `${done.branch}:dirty.txt`), 'never committed\n');
});

test('an agent that moves the plan’s branch is seen, and nothing is built on what it put there', async (t) => {
  const world = await startPlanWorld(t);
  world.script({
    'coder-1': [
      [
        'write:x.txt:x',
        'commit',
        'git:push_--quiet_._HEAD:refs/heads/drover/plan/bad',
        'write:y.txt:y',
        'commit',
        'signal:implement-task-finished-w1-t1-bad',
      ],
    ],
  });
  await world.create('bad', planText([1, 2]));
  await world.say('bad', 'implement_start');
  const blocked = await world.planTo('bad', 'to wait', ({ blocked }) => blocked !== null);
  t.match(
    blocked.blocked?.reason,
    /the branch drover\/plan\/bad is at [0-9a-f]{10}, where drover did not put it/,
  );
  t.equal(readFileSync(join(world.repo, 'README.md'), 'utf8'), 'A repository\n');
  t.match(blocked.owed, [{ kind: 'join', status: 'dead' }]);

  const back = /`(git update-ref [^`]+)`/.exec(blocked.blocked?.reason ?? '')?.[1] ?? '';
  await world.git(world.repo, ...back.split(' ').slice(1));
  t.equal((await world.say('bad', 'decide')).status, 200);
  const done = await world.planTo('bad', 'to be done', ({ status }) => status === 'done');
  t.match(done, { tasks_merged: 2, blocked: null, owed: [] });
});

test('a branch that a person has moved is gone on from when they say so', async (t) => {
  const world = await startPlanWorld(t);
  const go = join(world.root, 'go');
  world.script({
    'coder-1': [
      [`wait:${go}`, 'write:task-1.txt:made', 'commit', 'signal:implement-task-finished-w1-t1-own'],
    ],
  });
  await world.create('own', planText([1]));
  await world.say('own', 'implement_start');
  const plan = await world.planTo('own', 'to have its branch', ({ head_commit: head }) => head !== null);
  await world.git(world.repo, 'worktree', 'add', '--quiet', join(world.root, 'mine'), plan.branch);
  writeFileSync(join(world.root, 'mine', 'mine.txt'), 'by hand\n');
  await world.git(join(world.root, 'mine'), 'add', '.');
  await world.git(join(world.root, 'mine'), 'commit', '--quiet', '--message=Mine');
  await world.git(world.repo, 'worktree', 'remove', join(world.root, 'mine'));
  writeFileSync(go, '');
  await world.planTo('own', 'to wait', ({ blocked }) => blocked !== null);
  t.equal((await world.say('own', 'decide')).status, 200);
  const done = await world.planTo('own', 'to be done', ({ status }) => status === 'done');
  t.equal(show(world.repo, `${done.branch}:mine.txt`), 'by hand\n');
  t.equal(show(world.repo, `${done.branch}:task-1.txt`), 'made\n');
});

test('cancel ends what is at work and keeps what was made; reopen begins anew beside it', async (t) => {
  const world = await startPlanWorld(t);
  world.script({ 'coder-2': [['wait:/never']] });
  await world.create('stop', planText([1, 2]));
  await world.say('stop', 'implement_start');
  await world.planTo('stop', 'to have one', ({ tasks_merged }) => tasks_merged === 1);
  const head = execFileSync('git', ['rev-parse', 'drover/plan/stop'], { cwd: world.repo, encoding: 'utf8' });

  t.match(await world.say('stop', 'cancel'), { status: 200, json: { status: 'cancelled' } });
  await world.planTo('stop', 'to be still', ({ owed }) => owed.length === 0);
  t.equal((await world.status()).runs.running, 0);
  t.equal(
    execFileSync('git', ['rev-parse', 'drover/plan/stop'], { cwd: world.repo, encoding: 'utf8' }),
    head,
  );

  world.script({});
  t.equal((await world.say('stop', 'reopen')).status, 200);
  await world.planTo('stop', 'to be planned', ({ phase }) => phase === 'awaiting_advance');
  const aside = execFileSync('git', ['for-each-ref', '--format=%(objectname)', 'refs/drover/plans'], {
    cwd: world.repo,
    encoding: 'utf8',
  });
  t.equal(aside, head, 'what was made is kept under another name');

  await world.say('stop', 'advance');
  await world.say('stop', 'implement_start');
  const anew = await world.planTo('stop', 'to be done', ({ status }) => status === 'done');
  const coder = await world.show(anew.runs.findLast(({ role }) => role === 'coder')?.run_id ?? '');
  t.notMatch(coder.prompt, /An earlier try/, 'nobody goes on with what was set aside');
});

test('worktrees whose work is on the branch of their plan can go, those that it waits for stay', async (t) => {
  const world = await startPlanWorld(t);
  const finished = 'signal:implement-task-finished-w$WAVE-t$TASK-$PLAN';
  world.script({
    'coder-1': [['write:task-1.txt:one', 'commit', finished]],
    'coder-2': [['write:task-2.txt:not_committed', finished]],
    'coder-3': [['write:lost.txt:not_said', 'exit:3']],
    'coder-4': [['signal:needs-decision-$PLAN:Which?']],
  });
  const prune = async () => {
    const { out, code } = await world.drover('worktrees prune --json');
    t.equal(code, 0);
    const { items } = JSON.parse(out) as PruneResult;
    const { runs } = await world.plan('sweep');
    return (task: number) => {
      const own = new Set(runs.filter((run) => run.task === task).map((run) => run.run_id));
      return items
        .filter(({ run_id: id }) => own.has(id))
        .map(({ removed, reason }) => ({ removed, reason }));
    };
  };
  await world.create('sweep', planText([1, 2], [3], [4]));
  await world.say('sweep', 'implement_start');
  await world.planTo('sweep', 'to wait for task 3', ({ blocked }) => /task 3/.test(blocked?.reason ?? ''));
  const first = await prune();
  const onBranch = { removed: true, reason: 'The branch drover/plan/sweep of its plan has all of it' };
  t.same([first(1), first(2)], [[onBranch], [onBranch]]);
  t.same(
    first(3).map(({ removed, reason }) => [removed, reason]),
    [1, 2].map(() => [false, '1 uncommitted file is not in the checkout']),
  );

  world.script({
    'coder-3': [['write:task-3.txt:three', 'commit', finished]],
    'coder-4': [['signal:needs-decision-$PLAN:Which?']],
  });
  await world.say('sweep', 'retry');
  const asks = await world.planTo(
    'sweep',
    'to owe the question',
    ({ blocked, owed }) => blocked?.by === 'agent' && owed.some(({ kind }) => kind === 'ask'),
  );
  t.equal(asks.blocked?.reason, 'Which?');
  t.same((await prune())(4), [{ removed: false, reason: 'The plan sweep is not done with it' }]);
});

test('what cannot be started waits for a person, who mends the cause and retries', async (t) => {
  const world = await startPlanWorld(t);
  const text = readFileSync(world.config, 'utf8');
  world.configure(text.replace(/^default_agent = .*$/m, 'default_agent = "nobody"'));
  t.equal((await world.drover('daemon reload')).code, 0);
  await world.create('dead', planText([1]));
  await world.say('dead', 'implement_start');
  const dead = await world.planTo('dead', 'to be blocked', ({ blocked }) => blocked !== null);
  t.match(dead, {
    status: 'implementing',
    blocked: { reason: /^starting the coder of task 1 failed: .*'nobody'/, by: 'daemon' },
    waves: [{ tasks: [{ status: 'pending', run_id: null }] }],
    owed: [{ kind: 'spawn', status: 'dead', attempts: 1, error: /'nobody'/ }],
    runs: [],
  });
  t.match((await world.http('GET', '/metrics')).text, /^drover_plan_actions_dead 1$/m);

  world.configure(text);
  t.equal((await world.drover('daemon reload')).code, 0);
  const retried = await world.drover('plan retry dead --repo shop');
  t.equal(retried.code, 0, retried.err);
  const done = await world.planTo('dead', 'to be done', ({ status }) => status === 'done');
  t.match(done, { tasks_merged: 1, owed: [], blocked: null });
  t.equal(done.runs.filter(({ role }) => role === 'coder').length, 1);
});
