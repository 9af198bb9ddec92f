import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { test } from 'tap';
import type { Plan } from '../../src/contract/index.ts';
import { planText, startPlanWorld } from '../support/plan-world.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

test('a repository that is slow, broken or gone holds up no other one', async (t) => {
  const world = await startPlanWorld(t);
  const names = ['slow', 'broken', 'gone'] as const;
  for (const name of names) {
    const path = await world.repository(join(world.home, name));
    t.equal((await world.http('POST', '/v1/repos', { body: { path } })).status, 201);
    const body = { name: 'plan', content: planText([1]) };
    t.equal((await world.http('POST', `/v1/repos/${name}/plans`, { body })).status, 201);
  }
  const fifo = join(world.home, 'slow/.git/never');
  execFileSync('mkfifo', [fifo]);
  writeFileSync(
    join(world.home, 'slow/.git/config'),
    `[core]\n\tbare = false\n[include]\n\tpath = ${fifo}\n`,
  );
  rmSync(join(world.home, 'broken/.git/HEAD'));
  renameSync(join(world.home, 'gone'), join(world.home, 'elsewhere'));
  for (const name of names)
    t.equal(
      (
        await world.http('POST', `/v1/repos/${name}/plans/plan/events`, {
          body: { event: 'implement_start' },
        })
      ).status,
      200,
    );

  await world.create('fine', planText([1, 2], [3]));
  await world.say('fine', 'implement_start');
  await world.planTo('fine', 'to be done', ({ status }) => status === 'done');

  const plan = async (name: string) =>
    (await world.http('GET', `/v1/repos/${name}/plans/plan`)).json as unknown as Plan;
  for (const name of names) {
    const held = await until(`${name} to say why`, async () => {
      const now = await plan(name);
      return now.owed.some(({ error }) => error !== null) && now;
    });
    t.equal(held.tasks_merged, 0);
    t.match(held.owed.find(({ error }) => error !== null)?.error, /cannot be used|git|took longer/, name);
  }
  const status = await world.drover('daemon status');
  t.match(status.out, /gone .*is missing|is missing/, status.out);
});

test('a repository whose git hangs at a verdict holds up no other one', async (t) => {
  const world = await startPlanWorld(t);
  const path = await world.repository(join(world.home, 'hangs'));
  t.equal((await world.http('POST', '/v1/repos', { body: { path } })).status, 201);
  const fifo = join(path, '.git/never');
  execFileSync('mkfifo', [fifo]);
  const config = join(path, '.git/config');
  world.script({
    reviewer: [[`git:config_--file_${config}_include.path_${fifo}`, 'signal:review-approved-$PLAN']],
  });
  const at = '/v1/repos/hangs/plans';
  await world.http('POST', at, { body: { name: 'stuck', content: planText([1]) } });
  await world.http('POST', `${at}/stuck/events`, { body: { event: 'implement_start' } });
  const stuck = async () => (await world.http('GET', `${at}/stuck`)).json as unknown as Plan;
  await until('git to hang', () => readFileSync(config, 'utf8').includes('never'), 60_000);

  world.script({});
  await world.create('fine', planText([1, 2], [3]));
  await world.say('fine', 'implement_start');
  await world.planTo('fine', 'to be done', ({ status }) => status === 'done');
  t.equal((await stuck()).status, 'reviewing');
});

test('a run that lives on after its word is ended, so that its place is free for who comes next', async (t) => {
  const world = await startPlanWorld(t);
  const text = readFileSync(world.config, 'utf8');
  world.configure(text.replace(/^max_parallel_runs = .*$/m, 'max_parallel_runs = 1'));
  t.equal((await world.drover('daemon reload')).code, 0);
  world.script({ reviewer: [['signal:review-approved-$PLAN', 'linger']] });
  await world.create('stays', planText([1]));
  await world.say('stays', 'implement_start');
  const done = await world.planTo('stays', 'to be done', ({ status }) => status === 'done', 120_000);
  const reviewer = await world.show(done.runs.find(({ role }) => role === 'reviewer')?.run_id ?? '');
  t.match(reviewer, { status: 'canceled', reason: /the plan stays/ });
});
