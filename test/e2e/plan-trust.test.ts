/** A repository's own rules for its plans, when they change after a person has trusted them. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test, test } from 'tap';
import { planText, startPlanWorld } from '../support/plan-world.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

const lapsed = /^\.drover\/config\.toml, or a prompt beside it, has changed since it was trusted: look at it/;

/** A repository whose own rules are trusted; the operator's would promote. */
async function trustedWorld(t: Test) {
  const world = await startPlanWorld(t, 'readiness_max_verify_cycles = 1');
  const file = join(world.repo, '.drover/config.toml');
  mkdirSync(join(world.repo, '.drover'));
  writeFileSync(
    file,
    'readiness_max_verify_cycles = 1\nreadiness_on_exhausted = "block"\n[verify]\ncommands = ["exit 4"]\n',
  );
  const trust = async () => t.equal((await world.drover(`daemon trust ${world.repo}`)).code, 0);
  await trust();
  await world.create('one', planText([1]));
  return { world, trust, change: () => appendFileSync(file, '# a comment\n') };
}

test('a plan whose rules have changed at work waits, and is not carried on by others', async (t) => {
  const { world, trust, change } = await trustedWorld(t);
  const go = join(world.root, 'go');
  world.script({
    verifier: [[`wait:${go}`, 'signal:verify-failed-$PLAN:not_ready'], ['signal:verify-approved-$PLAN']],
  });
  await world.say('one', 'implement_start');
  await until('the verifier', () => world.started().some((line) => line.includes(' verifier ')), 60_000);
  change();
  writeFileSync(go, '');

  const failed = await world.planTo('one', 'to wait', ({ blocked }) => blocked !== null);
  t.match(failed, {
    phase: 'fixing',
    forced: false,
    blocked: { reason: /readiness_max_verify_cycles \(1\)/ },
  });
  await world.say('one', 'decide');
  const waiting = await world.planTo('one', 'to wait again', ({ blocked }) => blocked?.by === 'daemon');
  t.match(waiting.blocked?.reason, lapsed);
  t.match(
    waiting.blocked?.reason,
    new RegExp(`drover daemon trust ${world.repo}, then drover plan decide one$`),
  );
  t.notOk(world.started().some((line) => line.includes(' fixer ')));

  await trust();
  await world.say('one', 'decide');
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  t.match(done, { forced: false });
  t.same(
    done.evidence.map(({ stage, exit_code: code }) => [stage, code]),
    ['review', 'verify', 'review', 'verify'].map((stage) => [stage, 4]),
  );
});

test('evidence is not left out because the rules that ask for it have changed', async (t) => {
  const { world, trust, change } = await trustedWorld(t);
  const go = join(world.root, 'go');
  world.script({ reviewer: [[`wait:${go}`, 'signal:review-approved-$PLAN']] });
  await world.say('one', 'implement_start');
  await until('the reviewer', () => world.started().some((line) => line.includes(' reviewer ')), 60_000);
  change();
  writeFileSync(go, '');

  const waiting = await world.planTo('one', 'to wait', ({ blocked }) => blocked !== null);
  t.match(waiting, { status: 'verifying', blocked: { reason: lapsed } });
  await trust();
  await world.say('one', 'decide');
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  t.equal(done.evidence.length, 2);
});

test('nothing is begun by rules that have changed', async (t) => {
  const { world, trust, change } = await trustedWorld(t);
  change();

  const refused = await world.say('one', 'implement_start');
  t.match(refused, { status: 409, json: { code: 'plan_refused' } });
  t.match(await world.plan('one'), { status: 'ready', blocked: null });

  await trust();
  t.equal((await world.say('one', 'implement_start')).status, 200);
});
