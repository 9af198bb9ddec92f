/** What may be changed of a stored plan by a person, and when. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createBus, systemClock } from '../../src/base/index.ts';
import type { UpdatePlan } from '../../src/contract/index.ts';
import { changePlanText, createPlan } from '../../src/domain/plans/create.ts';
import type { PlansDeps } from '../../src/domain/plans/ports.ts';
import { getPlan, openStore, type PlanRow, updatePlan } from '../../src/foundation/store/index.ts';
import { planText } from '../support/plan-text.ts';

/** A stored plan, and what may be done with it. */
async function begin(t: Test) {
  const store = openStore({ path: join(t.testdir(), 'drover.db'), clock: systemClock, bus: createBus() });
  t.teardown(() => store.close());
  const work = { currentBase: async () => 'main', commitOf: async () => 'a'.repeat(40) };
  const deps = { store, work } as unknown as PlansDeps;
  const { key } = await createPlan(deps, 'repo_1', { name: 'one', content: planText([1]) });
  const row = () => store.read((sql) => getPlan(sql, key));
  const set = (changes: Partial<PlanRow>) => store.write((tx) => void updatePlan(tx, row(), changes));
  return { row, set, edit: (request: UpdatePlan) => changePlanText(deps, row(), request) };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

void t.test('a text that was edited does not overwrite what came meanwhile', async (t) => {
  const { row, edit } = await begin(t);
  const read = row().content;
  await edit({ content: planText([2]) });

  await t.rejects(edit({ content: planText([3]), if_sha256: sha256(read) }), {
    code: 'plan_changed',
    hint: 'put the two together: drover plan show one --content',
  });
  t.equal(row().content, planText([2]));
  await edit({ content: planText([3]), if_sha256: sha256(planText([2])) });
  t.equal(row().content, planText([3]));
});

void t.test('a change of nothing changes nothing', async (t) => {
  const { row, edit } = await begin(t);
  const before = row();

  await edit({});
  await edit({ if_sha256: sha256(before.content) });
  t.strictSame(row(), before);
});

void t.test('a text that stands is refused with what would open it', async (t) => {
  const { set, edit } = await begin(t);
  const then = '; what its planner writes may be edited, before it is implemented';
  const cases: readonly [PlanRow['status'], string][] = [
    ['planning', 'wait until its planner has finished'],
    ['reviewing', 'have it planned anew: drover plan cancel one, then drover plan reopen one'],
    ['done', 'have it planned anew: drover plan start-over one'],
    ['cancelled', 'bring it back: drover plan reopen one'],
  ];

  for (const [status, hint] of cases) {
    await set({ status, phase: null });
    await t.rejects(edit({ content: planText([2]) }), { code: 'plan_refused', hint: hint + then });
  }
});
