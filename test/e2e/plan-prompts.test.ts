import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { test } from 'tap';
import { planText, startPlanWorld } from '../support/plan-world.ts';

t.setTimeout(240_000);

test('an architect writes the tasks anew, and a repository’s own prompts are used while they are trusted', async (t) => {
  const world = await startPlanWorld(t, '[roles]\narchitect = "robot"');
  const anew = planText([1], [2]).replaceAll(' ', '_').replaceAll('\n', '~');
  world.script({ architect: [[`signal:elaborator-finished-$PLAN:${anew}`]] });
  mkdirSync(join(world.repo, '.drover/prompts'), { recursive: true });
  writeFileSync(
    join(world.repo, '.drover/prompts/coder.md'),
    'Paint file {{task_number}} of {{plan}} green.\n',
  );
  await world.create('one', planText([1]));
  await world.say('one', 'implement_start');
  const plain = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  t.equal(plain.wave_count, 2, 'as the architect has it');
  const coder = await world.show(plain.runs.find(({ role }) => role === 'coder')?.run_id ?? '');
  t.notMatch(coder.prompt, /green/, 'nobody trusts it yet');

  const shown = await world.drover(`daemon trust ${world.repo}`);
  t.match(shown.out + shown.err, /coder/, 'it is said what is trusted');
  await world.create('two', planText([1]));
  await world.say('two', 'implement_start');
  const own = await world.planTo('two', 'to be done', ({ status }) => status === 'done');
  const painted = await world.show(own.runs.find(({ role }) => role === 'coder')?.run_id ?? '');
  t.match(painted.prompt, /Paint file 1 of two green\./);
  t.match(painted.prompt, /implement-task-finished-w1-t1-two/, 'how to say that it is done is always there');

  writeFileSync(join(world.repo, '.drover/prompts/coder.md'), 'Paint {{tsk}}\n');
  await world.create('three', planText([1]));
  const refused = await world.say('three', 'implement_start');
  t.match(refused, { status: 409, json: { detail: /has changed since/ } }, 'a change takes the trust away');

  t.equal((await world.drover(`daemon trust ${world.repo}`)).code, 0);
  await world.create('four', planText([1]));
  await world.say('four', 'implement_start');
  const broken = await world.planTo('four', 'to wait', ({ blocked }) => blocked !== null);
  t.match(broken.blocked?.reason, /\.drover\/prompts\/coder\.md cannot be used: .*tsk/);
  writeFileSync(join(world.repo, '.drover/prompts/coder.md'), 'Paint {{task_number}}\n');
  t.equal((await world.drover(`daemon trust ${world.repo}`)).code, 0);
  t.equal((await world.say('four', 'retry')).status, 200);
  await world.planTo('four', 'to be done', ({ status }) => status === 'done');
});
