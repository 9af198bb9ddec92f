/** Who says something, over the whole grid: role × event × task × state × round × the way that it came. */
import t from 'tap';
import { agentPlanEvents, type PlanRole, planRoles } from '../../src/contract/index.ts';
import { attribute, type Speaker } from '../../src/domain/plans/attribute.ts';
import type { PlanRow, PlanRunRow } from '../../src/foundation/store/index.ts';

const plan = { name: 'auth', round: 2 } as PlanRow;
const run: PlanRunRow = {
  runId: 'run_1',
  planKey: 1,
  actionKey: 'x',
  role: 'coder',
  round: 2,
  wave: 1,
  task: 3,
  attempt: 1,
  baseCommit: null,
  planBase: null,
  state: 'open',
  startedAt: 0,
};
const speakers: readonly Speaker[] = [
  { kind: 'run', runId: 'run_1' },
  { kind: 'worktree', runIds: ['run_0', 'run_1'] },
  { kind: 'checkout' },
];
const all = planRoles as readonly PlanRole[];

/** The documentation's list: which roles may say what. */
const may: Readonly<Record<(typeof agentPlanEvents)[number], readonly PlanRole[]>> = {
  planner_finished: ['planner'],
  elaborator_finished: ['architect'],
  wave_start: all,
  task_finished: ['coder', 'fixer'],
  implement_finished: ['fixer'],
  review_approved: ['reviewer'],
  review_changes_requested: ['reviewer'],
  verify_approved: ['verifier'],
  verify_failed: ['verifier'],
  needs_decision: all,
};

for (const role of [...all, 'evidence'] as const) {
  t.test(`what a run may say that is ${role}`, (t) => {
    for (const event of agentPlanEvents)
      for (const speaker of speakers)
        for (const [task, isOwn] of [
          [3, true],
          [4, false],
        ] as const)
          for (const state of ['open', 'asked', 'signaled', 'closed'] as const)
            for (const round of [1, 2]) {
              const mine = { ...run, role, state, round };
              const isHeard = state === 'open' || state === 'asked' || (state === 'closed' && round === 2);
              const mayIt =
                role !== 'evidence' && may[event].includes(role) && (event !== 'task_finished' || isOwn);
              const found = attribute(plan, [mine], { event, task, speaker });
              const of = `${event} of task ${task}, ${state} in round ${round}, by ${speaker.kind}`;

              if (mayIt && isHeard) t.same(found, { ok: true, run: mine }, of);
              else t.match(found, { ok: false, reason: mayIt ? /its stage is over/ : /^only / }, of);
            }
    t.end();
  });
}

t.test('the newest run that may say it is who says it', (t) => {
  const runs = [
    { ...run, runId: 'run_1', round: 1 },
    { ...run, runId: 'run_2' },
    { ...run, runId: 'run_3', state: 'signaled' as const },
    { ...run, runId: 'run_4', role: 'reviewer' as const, task: null },
    { ...run, runId: 'run_5', task: 4 },
  ];
  const runOf = (speaker: Speaker) => {
    const found = attribute(plan, runs, { event: 'task_finished', task: 3, speaker });
    return found.ok ? found.run?.runId : found.reason;
  };

  t.equal(runOf({ kind: 'checkout' }), 'run_2');
  t.equal(runOf({ kind: 'worktree', runIds: ['run_1', 'run_4'] }), 'run_1', 'of those of the worktree');
  t.equal(runOf({ kind: 'run', runId: 'run_1' }), 'run_1', 'itself');
  t.match(runOf({ kind: 'run', runId: 'run_3' }), /has said what it had to/);
  t.match(runOf({ kind: 'run', runId: 'run_4' }), /^only its coder or fixer of task 3/);
  t.end();
});

t.test('who has nothing to do with the plan says nothing', (t) => {
  const said = { event: 'needs_decision', task: null } as const;
  for (const speaker of [
    { kind: 'run', runId: 'run_9' },
    { kind: 'worktree', runIds: ['run_9'] },
    { kind: 'worktree', runIds: [] },
  ] as const)
    t.match(attribute(plan, [run], { ...said, speaker }), {
      ok: false,
      reason: /nothing to do with the plan/,
    });
  t.match(attribute(plan, [], { ...said, speaker: { kind: 'checkout' } }), {
    ok: false,
    reason: /it lies in the checkout/,
  });
  t.end();
});

t.test('a person says it for no run', (t) => {
  for (const event of agentPlanEvents)
    t.same(attribute(plan, [run], { event, task: 3, speaker: { kind: 'person' } }), {
      ok: true,
      run: null,
    });
  t.end();
});

t.test('a task that is finished has to be named, whoever says so', (t) => {
  for (const speaker of [...speakers, { kind: 'person' } as const])
    t.match(attribute(plan, [run], { event: 'task_finished', task: null, speaker }), {
      ok: false,
      reason: /name it with `--wave W --task T`/,
    });
  t.end();
});
