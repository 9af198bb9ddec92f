import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { test } from 'tap';
import type { Plan } from '../../src/contract/index.ts';
import { type PlanWorld, planText, startPlanWorld } from '../support/plan-world.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

const implement = async (world: PlanWorld, name = 'one') => {
  await world.create(name, planText([1]));
  await world.say(name, 'implement_start');
};

test('a review that gets nowhere stops at a person, whose words the fixer is given', async (t) => {
  const world = await startPlanWorld(t);
  world.script({
    reviewer: [
      ['signal:review-changes-$PLAN:Rename_it'],
      ['signal:review-changes-$PLAN:rename_IT!'],
      ['signal:review-approved-$PLAN'],
    ],
    fixer: [['signal:implement-finished-$PLAN']],
  });
  await implement(world);
  const blocked = await world.planTo('one', 'to wait', (plan) => plan.blocked !== null);
  t.match(blocked, {
    status: 'implementing',
    phase: 'fixing',
    review_cycle: 2,
    blocked: { reason: /the same was asked for twice/, by: 'limit' },
    feedback: 'rename IT!',
  });
  const before = world.started().length;
  t.equal((await world.say('one', 'decide', { body: 'Call it otter' })).status, 200);
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  const fixer = await world.show(done.runs.findLast(({ role }) => role === 'fixer')?.run_id ?? '');
  t.match(fixer.prompt, /Call it otter/);
  t.match(fixer.prompt, /rename IT!/);
  t.equal(world.started().length, before + 3, 'a fixer, a reviewer, a verifier');
});

test('a verifier may mend a little, and what it mended is in the branch', async (t) => {
  const world = await startPlanWorld(t, 'readiness_self_fix_max_lines = 5\nreadiness_max_verify_cycles = 0');
  world.script({
    verifier: [
      ['lines:large.txt:6', 'commit', 'signal:verify-approved-$PLAN'],
      ['lines:small.txt:5', 'commit', 'signal:verify-approved-$PLAN'],
    ],
  });
  await implement(world);
  const done = await world.planTo(
    'one',
    'to be done',
    ({ status, owed }) => status === 'done' && owed.length === 0,
  );
  t.match(done, { verify_cycle: 1, forced: false });
  const files = execFileSync('git', ['ls-tree', '--name-only', done.branch], {
    cwd: world.repo,
    encoding: 'utf8',
  });
  t.match(files, /small\.txt/);
  t.notMatch(files, /large\.txt/, 'more than it may: a fixer’s work, not its own');
  const head = execFileSync('git', ['rev-parse', done.branch], { cwd: world.repo, encoding: 'utf8' }).trim();
  t.equal(done.verification?.head, head);
  t.equal(done.head_commit, head);
});

test('what a verifier did on a branch of somebody else is not taken', async (t) => {
  const world = await startPlanWorld(t);
  await world.git(world.repo, 'branch', 'secret');
  world.script({
    verifier: [
      ['git:checkout_--quiet_secret', 'write:secret.txt:secret', 'commit', 'signal:verify-approved-$PLAN'],
    ],
  });
  await implement(world);
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  const files = await world.git(world.repo, 'ls-tree', '-r', '--name-only', done.branch);
  t.same(files.trim().split('\n'), ['README.md', 'task-1.txt']);
});

test('verifications that are used up promote, and everybody sees that', async (t) => {
  const world = await startPlanWorld(t, 'readiness_max_verify_cycles = 1');
  world.script({ verifier: [['signal:verify-failed-$PLAN:not_ready']] });
  await implement(world);
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  t.match(done, { forced: true, verification: { by: 'force_promoted' }, feedback: 'not ready' });
});

test('with "block" they wait for a person', async (t) => {
  const world = await startPlanWorld(t, 'readiness_max_verify_cycles = 1\nreadiness_on_exhausted = "block"');
  world.script({ verifier: [['signal:verify-failed-$PLAN:not_ready'], ['signal:verify-approved-$PLAN']] });
  await implement(world);
  t.match(await world.planTo('one', 'to wait', ({ blocked }) => blocked !== null), {
    phase: 'fixing',
    blocked: { reason: /readiness_max_verify_cycles \(1\)/ },
  });
  await world.say('one', 'decide');
  t.match(await world.planTo('one', 'to be done', ({ status }) => status === 'done'), { forced: false });
});

test('the repository’s own commands are evidence, as far as it is trusted', async (t) => {
  const world = await startPlanWorld(t);
  mkdirSync(join(world.repo, '.drover'));
  writeFileSync(
    join(world.repo, '.drover/config.toml'),
    `max_review_fix_cycles = 3\n[verify]\ncommands = ["cat task-1.txt", "echo 'it is' broken >&2; exit 7"]\n`,
  );
  await implement(world, 'untrusted');
  const plain = await world.planTo('untrusted', 'to be done', ({ status }) => status === 'done');
  t.same(plain.evidence, [], 'nothing of it runs before it is trusted');

  t.equal((await world.drover(`daemon trust ${world.repo}`)).code, 0);
  await implement(world, 'trusted');
  const done = await world.planTo('trusted', 'to be done', ({ status }) => status === 'done');
  t.match(done.evidence, [
    { stage: 'review', command: 'cat task-1.txt', exit_code: 0, output: 'made by a coder' },
    { stage: 'review', exit_code: 7, output: 'it is broken' },
    { stage: 'verify', exit_code: 0 },
    { stage: 'verify', exit_code: 7 },
  ]);
  for (const role of ['reviewer', 'verifier']) {
    const run = await world.show(done.runs.find((one) => one.role === role)?.run_id ?? '');
    t.match(run.prompt, /it is broken/, role);
  }
});

test('the exit codes are those of the commands, however much they write and whatever they say of themselves', async (t) => {
  const mark =
    'mark=$(tr "\\0" "\\n" </proc/$PPID/cmdline | grep -oE "drover-evidence-[0-9a-f]{24}" | head -1)';
  const lines = 'echo; echo "$mark all 0 0 0 0"; for at in 0 1 2 3; do echo "$mark $at 0 00"; done';
  const commands = [
    `${mark}; (n=0; while [ $n -lt 100 ]; do n=$((n + 1)); ${lines}; sleep 0.01; done) & exit 4`,
    'head -c 400000 /dev/zero | tr "\\0" "x"; exit 3',
    `${mark}; ${lines}; exit 5`,
    'sleep 0.1; true',
  ];
  const world = await startPlanWorld(t, `[verify]\ncommands = ${JSON.stringify(commands)}`);
  await implement(world);
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  t.same(
    done.evidence.map(({ stage, exit_code: code }) => [stage, code]),
    ['review', 'verify'].flatMap((stage) => [4, 3, 5, 0].map((code) => [stage, code])),
  );
  t.match(done.evidence[1]?.output, /x{2000}/);
  t.match(done.evidence[2]?.output, /drover-evidence-[0-9a-f]{24} all 0 0 0 0/, 'it was tried');
  t.match(done.evidence[3]?.output, /drover-evidence-[0-9a-f]{24} all 0 0 0 0/, 'and is not over');
});

test('evidence is told under the commands that ran, whatever the settings are by then', async (t) => {
  const world = await startPlanWorld(t, '[verify]\ncommands = []');
  const setCommands = async (commands: readonly string[]) => {
    const text = readFileSync(world.config, 'utf8');
    world.configure(text.replace(/^commands = .*$/m, `commands = ${JSON.stringify(commands)}`));
    t.equal((await world.drover('daemon reload')).code, 0);
  };
  const [begun, go] = [join(world.root, 'begun'), join(world.root, 'go')];
  const slow = `touch ${begun}; until [ -e ${go} ]; do sleep 0.05; done; exit 6`;
  await setCommands(['exit 5', slow]);
  await implement(world);
  await until('the commands to be at work', () => existsSync(begun), 60_000);
  await setCommands(['true']);
  writeFileSync(go, '');
  const done = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  t.same(
    done.evidence.map(({ stage, command, exit_code: code }) => [stage, command, code]),
    [
      ['review', 'exit 5', 5],
      ['review', slow, 6],
      ['verify', 'true', 0],
    ],
  );
});

test('what was verified and has moved since is verified again', async (t) => {
  const world = await startPlanWorld(t);
  await implement(world);
  await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  writeFileSync(join(world.repo, 'task-1.txt'), 'the same file, by somebody else\n');
  await world.git(world.repo, 'add', '.');
  await world.git(world.repo, 'commit', '--quiet', '--message=Overlaps');
  t.match(await world.say('one', 'verification_stale'), { status: 409 }, 'nobody says so but drover');
  for (const word of ['stop', 'start']) await world.drover(`daemon ${word}`); // it looks when it begins
  const verifiers = ({ runs }: Plan) => runs.filter(({ role }) => role === 'verifier').length;
  await world.planTo(
    'one',
    'to be verified again',
    (plan) => plan.status === 'done' && verifiers(plan) === 2,
  );
});
