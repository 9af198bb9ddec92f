/**
 * Plans whose daemon is killed after each of their steps: every event of the journal that tells of a plan, its signals,
 * its actions or its runs is such a step. After the last kill the plan is done, and nobody was started twice for the same.
 */
import { execFileSync } from 'node:child_process';
import t, { type Test } from 'tap';
import type { Event, Plan } from '../../src/contract/index.ts';
import { createPlanWorld, type PlanWorld } from '../support/plan-world.ts';
import { createRandom } from '../support/random.ts';
import { until } from '../support/until.ts';

const isFull = process.env.DROVER_TEST_FULL === '1';
const seed = Number(process.env.DROVER_TEST_SEED ?? Date.now() % 2 ** 31);
const rounds = isFull ? 20 : 1;
/** Of so many steps one is followed by a kill. */
const stepsPerKill = isFull ? 1 : 6;
const steps = /^(plan\.|signal\.|action\.|run\.(queued|started|finished)|worktree\.created)/;
t.setTimeout(isFull ? 3_600_000 : 400_000);

for (let round = 0; round < rounds; round += 1) {
  t.test(`killed after each step, round ${round + 1}`, async (t) => {
    const random = createRandom(seed + round);
    t.comment(`DROVER_TEST_SEED=${seed}`);
    const world = await createPlanWorld(
      'auto_advance = true\nauto_implement = true\npoll_interval_sec = 0.5\n[verify]\ncommands = ["true"]',
    );
    t.teardown(world.close);
    const finished = 'signal:implement-task-finished-w$WAVE-t$TASK-$PLAN';
    world.script({
      'coder-1': [['write:task-1.txt:one', 'write:README.md:one', 'commit', finished]],
      'coder-2': [['write:task-2.txt:two', 'write:README.md:two', 'commit', finished]],
      'fixer-2': [['git:merge_--quiet_-s_ours_$OTHER', 'write:task-2.txt:two', 'commit', finished]],
      'coder-4': [[], ['write:task-4.txt:asked', 'commit', finished]],
      reviewer: [['signal:review-changes-$PLAN:Add_fixed.txt'], ['signal:review-approved-$PLAN']],
      fixer: [
        ['write:fixed.txt:mended', 'commit', 'signal:implement-finished-$PLAN'],
        ['write:verified.txt:mended', 'commit', 'signal:implement-finished-$PLAN'],
      ],
      verifier: [
        ['signal:verify-failed-$PLAN:verified.txt_is_missing'],
        ['lines:small.txt:3', 'signal:verify-approved-$PLAN'],
      ],
    });
    t.equal((await world.drover('daemon start')).code, 0);
    t.equal((await world.drover(`daemon add ${world.repo}`)).code, 0);
    t.equal((await world.create('seven', '')).status, 201);
    t.equal((await world.say('seven', 'plan_start')).status, 200);

    const killed = new Map<string, number>();
    let seen = (await world.status()).last_seq;
    for (;;) {
      const plan = await world.plan('seven');
      if (plan.status === 'done' && plan.owed.length === 0) break;
      if (plan.blocked !== null)
        throw new Error(`it waits: ${plan.blocked.reason}: ${JSON.stringify(world.started())}`);
      const next = await nextStep(world, seen);
      if (next === null) continue;
      seen = next.seq;
      if (random.below(stepsPerKill) > 0) continue;
      await new Promise((resolve) => setTimeout(resolve, random.below(40)));
      const { pid } = await world.status();
      process.kill(pid, 'SIGKILL');
      killed.set(next.type, (killed.get(next.type) ?? 0) + 1);
      await until('the daemon to be gone', () => !isAlive(pid));
      const started = await world.drover('daemon start');
      if (started.code !== 0) throw new Error(started.err);
      seen = Math.max(seen, (await world.status()).last_seq - 1);
    }
    const done = await world.plan('seven');
    const kills = count(killed);
    t.comment(`${kills} kills: ${[...killed].map(([type, count]) => `${type} ${count}`).join(', ')}`);
    t.ok(kills >= (isFull ? 60 : 5), 'it was killed often enough');
    check(t, world, done);
  });
}

function check(t: Test, world: PlanWorld, done: Plan): void {
  t.match(done, { status: 'done', forced: false, tasks_merged: 7, blocked: null });
  const files = execFileSync('git', ['ls-tree', '--name-only', done.branch], {
    cwd: world.repo,
    encoding: 'utf8',
  });
  const wanted = [
    'README.md',
    'small.txt',
    'fixed.txt',
    'verified.txt',
    ...[1, 2, 3, 4, 5, 6, 7].map((task) => `task-${task}.txt`),
  ];
  t.same(files.trim().split('\n').toSorted(), wanted.toSorted());
  t.ok(
    done.runs.some(({ role, task }) => role === 'fixer' && task === 2),
    'a conflict was resolved',
  );
  t.ok(done.evidence.length >= 4 && done.evidence.every(({ exit_code: code }) => code === 0), 'evidence');
  const roles = done.runs
    .filter(({ role }) => (role as string) !== 'evidence')
    .map(({ role, round, task, attempt }) => [role, round, task ?? '-', attempt].join(' '));
  const asked = roles.indexOf('coder 2 4 1'); // who forgot its signal is asked, in a run of its own
  const others = roles.toSpliced(asked, 1);
  t.ok(asked >= 0 && others.includes('coder 2 4 1'), 'one was asked');
  t.equal(roles.filter((role) => role.startsWith('verifier')).length, 2, 'what was verified is verified');
  t.equal(new Set(others).size, others.length, `nobody twice for the same: ${roles.join(', ')}`);
  const started = world.started().map((line) => line.split(' ')[2]);
  t.equal(new Set(started).size, started.length, 'no run was started twice');
}

/** The next event that is a step, after `seen`; null after a while without. */
async function nextStep(world: PlanWorld, seen: number): Promise<Event | null> {
  const deadline = performance.now() + 3000;
  while (performance.now() < deadline) {
    const answer = await world.http('GET', `/v1/events?after=${seen}&limit=200`, {
      headers: { accept: 'application/json' },
    });
    const { items } = answer.json as unknown as { items: Event[] };
    const step = items.find(({ type }) => steps.test(type));
    if (step !== undefined) return step;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return null;
}

function count(killed: ReadonlyMap<string, number>): number {
  return [...killed.values()].reduce((sum, times) => sum + times, 0);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
