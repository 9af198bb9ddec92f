/** How a plan is named by who asks for it. */
import { join } from 'node:path';
import t from 'tap';
import { createBus, systemClock } from '../../src/base/index.ts';
import { createPlan } from '../../src/domain/plans/create.ts';
import { seekPlan } from '../../src/domain/plans/find.ts';
import type { PlansDeps } from '../../src/domain/plans/ports.ts';
import { openStore } from '../../src/foundation/store/index.ts';

t.test('a plan is found by its name, its id and a prefix of that which fits it alone', async (t) => {
  const store = openStore({ path: join(t.testdir(), 'drover.db'), clock: systemClock, bus: createBus() });
  t.teardown(() => store.close());
  const work = { currentBase: async () => 'main', commitOf: async () => 'a'.repeat(40) };
  const deps = { store, work } as unknown as PlansDeps;
  const make = (name: string) => createPlan(deps, 'repo_1', { name, content: '' });
  const { id } = await make('one');
  const find = (ref: string, repo = 'repo_1') => store.read((sql) => seekPlan(sql, repo, ref))?.name;

  for (const ref of ['one', id, id.slice(0, 20), id.slice(0, 20).toLowerCase(), id.slice(0, 9)])
    t.equal(find(ref), 'one', ref);
  for (const ref of ['on', 'plan_', id.slice(0, 8), `${id.slice(0, -1)}U`])
    t.equal(find(ref), undefined, ref);
  t.equal(find(id, 'repo_2'), undefined);
  const second = await make('two');
  t.equal(find(second.id), 'two');
  t.throws(() => find(id.slice(0, 9)), { code: 'ambiguous_id', hint: /\(one\) and plan_\w+ \(two\)$/ });
});
