/** The commands of `[verify]` when they cannot be run, or are not wanted any more. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { test } from 'tap';
import type { Run } from '../../src/contract/index.ts';
import { type PlanWorld, planText, startPlanWorld } from '../support/plan-world.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

const implement = async (world: PlanWorld) => {
  await world.create('one', planText([1]));
  await world.say('one', 'implement_start');
};
const startWith = async (t: Parameters<typeof startPlanWorld>[0], commands: readonly string[]) =>
  startPlanWorld(t, `[verify]\ncommands = ${JSON.stringify(commands)}`);

/** How the runs of the commands stand, oldest first. */
const evidenceRuns = async (world: PlanWorld): Promise<readonly Run['status'][]> => {
  const { json } = await world.http('GET', '/v1/runs?limit=0');
  const runs = (json as unknown as { items: readonly Run[] }).items;
  return runs
    .filter(({ label }) => label === 'one evidence')
    .map(({ status }) => status)
    .reverse();
};

test('commands that were cut short are run once more', async (t) => {
  const world = await startWith(t, [
    'echo begun',
    '[ -e "$HOME/second" ] || { touch "$HOME/second"; kill -9 $PPID; }',
  ]);
  await implement(world);
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');

  t.match(done.evidence, [
    { stage: 'review', output: 'begun', exit_code: 0 },
    { stage: 'review', exit_code: 0 },
    { stage: 'verify', exit_code: 0 },
    { stage: 'verify', exit_code: 0 },
  ]);
  t.equal(done.evidence.length, 4, 'those of the first try are told nowhere');
  t.same(await evidenceRuns(world), ['failed', 'succeeded', 'succeeded']);
});

test('commands that cannot be run are nobody’s evidence: a person decides', async (t) => {
  const world = await startWith(t, ['echo begun; exit 3', '[ -e "$HOME/mended" ] || kill -9 $PPID']);
  await implement(world);
  const blocked = await world.planTo('one', 'to wait', (plan) => plan.blocked !== null);

  t.match(blocked, {
    status: 'reviewing',
    blocked: { reason: /^the \[verify\] commands could not be run: /, by: 'daemon' },
  });
  t.same(await evidenceRuns(world), ['failed', 'failed']);
  t.notOk(
    blocked.runs.some(({ role }) => role === 'reviewer'),
    'nobody judges without it',
  );
  t.match(blocked.evidence, [
    { output: 'begun', exit_code: 3 },
    { output: '', exit_code: null },
  ]);

  writeFileSync(join(world.home, 'mended'), '');
  await world.say('one', 'decide');
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  t.same(
    done.evidence.slice(2).map(({ exit_code: code }) => code),
    [3, 0, 3, 0],
  );
});

test('a verdict by hand ends the commands that nobody waits for any more', async (t) => {
  const world = await startWith(t, [
    'touch "$HOME/begun-$DROVER_RUN_ID"; until [ -e "$HOME/go" ]; do sleep 0.05; done; exit 6',
  ]);
  const begun = (count: number) => () =>
    readdirSync(world.home).filter((name) => name.startsWith('begun-')).length === count;
  await implement(world);
  await until('the commands to be at work', begun(1), 60_000);
  t.equal((await world.say('one', 'review_approved')).status, 200);
  await until('those of the next stage to be at work', begun(2), 60_000);

  t.match(await evidenceRuns(world), ['canceled', /running|starting/]);

  writeFileSync(join(world.home, 'go'), '');
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  t.match(done.evidence, [{ stage: 'verify', exit_code: 6 }]);
  t.equal(done.evidence.length, 1);
  t.same(
    done.runs.map(({ role }) => role).filter((role) => role !== 'evidence'),
    ['coder', 'verifier'],
    'nobody judges by what was ended',
  );
});
