/** What is stored beside the text of a plan, be it a person's or an agent's. */
import { join } from 'node:path';
import t from 'tap';
import { createBus, systemClock } from '../../src/base/index.ts';
import { createPlan } from '../../src/domain/plans/create.ts';
import type { PlansDeps } from '../../src/domain/plans/ports.ts';
import { receive } from '../../src/domain/plans/receive.ts';
import { planSettings } from '../../src/domain/plans/settings.ts';
import { defaultConfig } from '../../src/foundation/config/index.ts';
import { getPlan, insertRepo, openStore, updatePlan } from '../../src/foundation/store/index.ts';

const wave = '## Wave 1\n\n### Task 1: one\n\nbody\n';

t.test(
  'the title of a plan is short, whoever wrote it, and its goal or its name where it has none',
  async (t) => {
    const store = openStore({ path: join(t.testdir(), 'drover.db'), clock: systemClock, bus: createBus() });
    t.teardown(() => store.close());
    await store.write((tx) =>
      insertRepo(tx, {
        id: 'repo_1',
        path: '/x',
        pathKey: '/x',
        project: 'x',
        trustedHash: null,
        addedAt: 1,
      }),
    );
    const work = { currentBase: async () => 'main', commitOf: async () => 'a'.repeat(40) };
    const settingsOf = async () => ({ ...planSettings(defaultConfig()), lapsed: null });
    const deps = { store, clock: systemClock, work, settingsOf } as unknown as PlansDeps;
    const titles = [
      [`# ${'T'.repeat(100_000)}\n\n${wave}`, 'T'.repeat(200)],
      [`**Goal:** ${'g'.repeat(1000)}\n\n${wave}`, 'g'.repeat(200)],
      [wave, null],
    ] as const;

    for (const [index, [body, title]] of titles.entries()) {
      const created = await createPlan(deps, 'repo_1', { name: `created-${index}`, content: body });
      t.equal(created.title, title ?? created.name);

      const { key, name } = await createPlan(deps, 'repo_1', { name: `planned-${index}`, content: '' });
      await store.write(
        (tx) => void updatePlan(tx, getPlan(tx, key), { status: 'planning', phase: 'planning' }),
      );
      const said = {
        repoId: 'repo_1',
        plan: name,
        event: 'planner_finished',
        wave: null,
        task: null,
      } as const;
      t.match(await receive(deps, { ...said, body, speaker: { kind: 'person' } }), { status: 'done' });
      t.match(
        store.read((sql) => getPlan(sql, key)),
        { title: title ?? name, content: body },
      );
    }
  },
);
