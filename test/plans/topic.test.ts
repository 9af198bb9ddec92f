import { join } from 'node:path';
import t from 'tap';
import { createBus, systemClock } from '../../src/base/index.ts';
import { planStatuses } from '../../src/contract/index.ts';
import { changePlanText, createPlan } from '../../src/domain/plans/create.ts';
import type { PlansDeps } from '../../src/domain/plans/ports.ts';
import { getPlan, openStore, planOfTopicAtWork, updatePlan } from '../../src/foundation/store/index.ts';
import { planText } from '../support/plan-text.ts';

t.test('of the plans of a topic one is at work, from its first wave to its last verdict', async (t) => {
  const store = openStore({ path: join(t.testdir(), 'drover.db'), clock: systemClock, bus: createBus() });
  t.teardown(() => store.close());
  const work = { currentBase: async () => 'main', commitOf: async () => 'a'.repeat(40) };
  const deps = { store, work } as unknown as PlansDeps;
  const content = planText([1]);
  const make = (name: string, topic: string) => createPlan(deps, 'repo_1', { name, content, topic });
  const first = await make('first', 'login');
  const second = await make('second', 'login');
  const other = await make('other', 'mail');
  const rival = (key: number) => store.read((sql) => planOfTopicAtWork(sql, getPlan(sql, key)));
  const setStatus = (key: number, status: (typeof planStatuses)[number]) =>
    store.write((tx) => void updatePlan(tx, getPlan(tx, key), { status, updatedAt: tx.now }));

  for (const status of planStatuses) {
    await setStatus(first.key, status);
    const isAtWork = ['implementing', 'reviewing', 'verifying'].includes(status);
    t.equal(rival(second.key), isAtWork ? 'first' : null, status);
    t.equal(rival(first.key), null, 'not of itself');
    t.equal(rival(other.key), null, 'not of another topic');
  }

  await setStatus(first.key, 'reviewing');
  await setStatus(other.key, 'implementing');
  const change = () =>
    changePlanText(
      deps,
      store.read((sql) => getPlan(sql, other.key)),
      { topic: 'login' },
    );
  await t.rejects(change(), { code: 'plan_refused', message: /'first' of the topic 'login' is at work/ });
  await setStatus(first.key, 'done');
  t.equal((await change()).topic, 'login');
});
