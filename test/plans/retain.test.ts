/** What is kept of plans that have ended, and of those that have not. */
import t, { type Test } from 'tap';
import { removeOldPlanRecords } from '../../src/domain/plans/index.ts';
import {
  finishAction,
  insertEvidence,
  oweAction,
  type PlanRow,
  planEvidence,
  updatePlan,
} from '../../src/foundation/store/index.ts';
import { saidWorld } from '../support/said-world.ts';

const dayMs = 86_400_000;

/** A plan with a receipt, an action that is done, one that is not, and evidence; and a receipt of no plan. */
async function setUp(test: Test, at: Partial<PlanRow>) {
  const { store, plans, repo, row } = await saidWorld(test, at, {});
  const person = { speaker: { kind: 'person' } } as const;
  for (const plan of ['auth', 'nothing']) await plans.signal(repo, { plan, event: 'mark_done' }, person);
  const { key: planKey, repoId } = row();
  await store.write((tx) => {
    for (const [key, kind] of [
      ['done', 'stop'],
      ['begun anew', 'renew_branch'],
      ['open', 'stop'],
    ] as const)
      oweAction(tx, { key, planKey, repoId, kind, data: {}, createdAt: tx.now });
    for (const key of ['done', 'begun anew']) finishAction(tx, key, tx.now);
    insertEvidence(tx, {
      planKey,
      round: 1,
      stage: 'review',
      runId: 'run_1',
      command: 'npm test',
      commitId: 'a',
      exitCode: 0,
      output: '',
      at: tx.now,
    });
    updatePlan(tx, row(), { updatedAt: tx.now });
  });
  const kept = () =>
    store.read((sql) => ({
      receipts: sql.all('SELECT plan_name FROM signals ORDER BY rowid').map((one) => one.plan_name),
      actions: sql.all('SELECT key FROM actions ORDER BY key').map(({ key }) => key),
      evidence: planEvidence(sql, planKey).length,
    }));
  const remove = (days: number, afterDays: number) =>
    removeOldPlanRecords(store, { days, now: Date.now() + afterDays * dayMs });
  return { kept, remove };
}

const all = { receipts: ['auth', 'nothing'], actions: ['begun anew', 'done', 'open'], evidence: 1 };

for (const status of ['done', 'cancelled'] as const)
  t.test(`what is older than the limit goes with a plan that is ${status}`, async (t) => {
    const { kept, remove } = await setUp(t, { status, phase: null });

    await remove(30, 29);
    t.same(kept(), all, 'it is not that old');
    await remove(0, 10_000);
    t.same(kept(), all, 'there is no limit');
    await remove(30, 31);
    t.same(kept(), { receipts: [], actions: ['begun anew', 'open'], evidence: 0 });
  });

t.test('of a plan that has not ended all is kept, of no plan nothing', async (t) => {
  const { kept, remove } = await setUp(t, { status: 'reviewing', phase: null });

  await remove(30, 31);

  t.same(kept(), { ...all, receipts: ['auth'] });
});
