import t from 'tap';
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
  { kind: 'person' },
  { kind: 'run', runId: 'run_1' },
  { kind: 'worktree', runIds: ['run_1'] },
  { kind: 'checkout' },
];

void t.test('a task that is finished has to be named, whoever says so', async (t) => {
  for (const speaker of speakers) {
    const said = { event: 'task_finished', speaker } as const;

    t.match(attribute(plan, [run], { ...said, task: null }), {
      ok: false,
      reason: /name it with `--wave W --task T`/,
    });
    t.match(attribute(plan, [run], { ...said, task: 3 }), { ok: true });
  }
});
