import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
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
