import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Plan, Run } from '../../src/contract/index.ts';
import { createWorld } from '../support/real-daemon.ts';

t.setTimeout(180_000);

const text = '# Two files\n\n## Wave 1\n\n### Task 1: one\n\nWrite one.txt.\n';

/** A daemon, a repository that it does not know yet, and the command line in there. */
async function begin(t: Test) {
  const world = await createWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.home, 'shop'));
  t.equal((await world.drover('daemon start')).code, 0);
  const say = (line: string, stdin?: string) =>
    world.drover(line, { cwd: repo, ...(stdin === undefined ? {} : { stdin }) });
  return { world, repo, say };
}

t.test('a person stores, reads, changes and ends a plan from within its repository', async (t) => {
  const { world, repo, say } = await begin(t);

  t.match(await say('plan list'), { code: 5, err: /drover daemon add/ });
  t.match(await say('plan create auth -', text), {
    code: 0,
    out: /^auth: ready \(planned\)\n.*\n {2}implement it: drover plan implement auth\n/,
    err: /^registered .* as shop/,
  });
  t.match(await say('plan create auth'), { code: 6, err: /there already/ });
  t.match(await say('plan create broken -', '## Wave 2\n'), { code: 2, err: /Wave 1/ });
  t.match(await say('plan create later'), { code: 0, out: /^later: ready \(draft\)\n/ });
  t.match((await say('plan list')).out, /^later +ready \(draft\) .*\nauth +ready \(planned\) +0\/1 +0\/1 /m);
  t.match(
    (await say('plan show auth')).out,
    /^auth {2}Two files\n[\s\S]*wave 1, 0 of 1 merged\n +1 {2}pending {2}one\n/,
  );
  t.equal((await say('plan show auth --content')).out, text);
  writeFileSync(join(repo, 'new.md'), text.replace('one.txt', 'first.txt'));
  t.match(await say('plan edit auth new.md --topic files'), { code: 0 });
  t.match((await say('plan show auth --content')).out, 'first.txt');
  t.match(await say('plan advance auth'), { code: 6, err: /means nothing while the plan is ready/ });
  t.match(await say('plan show nothing'), { code: 5 });
  t.match(await say('signal task-finished nothing --task 1'), { code: 5 });
  t.match(await say('signal task-finished auth --task 1'), { code: 6, err: /is refused: / });
  t.notMatch((await say('plan show auth')).out, 'refused signals', 'who said it was told');
  t.match((await say('signal list --status failed --plan auth')).out, /task_finished \(task 1\)/);
  t.match(await say('signal needs-decision auth --body Which?'), {
    code: 0,
    out: /^done: needs_decision of auth/,
  });
  t.match((await say('plan show auth')).out, /\n\nBLOCKED: Which\?\n[\s\S]*drover plan decide auth/);
  t.match(await say('plan decide auth the second one'), { code: 0, out: /^auth: ready \(planned\)\n/ });
  t.match(await say('plan done auth'), { code: 0, out: /^auth: done\nwaits for: nothing\n/ });
  t.match(await say('plan cancel later'), { code: 0, out: /^later: cancelled\n/ });
  const all = await world.json<{ items: Plan[] }>(['plan', 'list', '--status', 'canceled'], { cwd: repo });
  t.match(all.items, [{ name: 'later', status: 'cancelled' }]);
});

t.test(
  'in a run the command speaks for that run, finds its repository, and may not say what is a person’s',
  async (t) => {
    const { world, repo, say } = await begin(t);
    await say('plan create auth -', text);
    const drover = `${process.execPath} ${world.program}`;
    const script = [
      'plan list',
      'plan cancel auth',
      'plan create other',
      'signal review-approved auth',
      'signal done auth',
    ]
      .map((line) => `${drover} ${line} >>said 2>&1; echo "exit $?" >>said`)
      .join('\n');

    const run = await world.json<Run>(
      ['run', '--agent', 'command', '--', 'sh', '-c', `${script}\ncat said`],
      { cwd: repo },
    );

    t.equal(run.status, 'succeeded');
    const { out } = await say(`runs logs ${run.id}`);
    t.same(out.match(/exit \d/g), ['exit 0', 'exit 4', 'exit 4', 'exit 6', 'exit 4'], out);
    t.match(out, /^auth +ready/m);
    t.match(out, /nothing to do with the plan 'auth'/);
    t.match((await world.json<Plan>(['plan', 'show', 'auth'], { cwd: repo })).status, 'ready');
  },
);
