import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { createBus, systemClock } from '../../src/base/index.ts';
import {
  eventsAfter,
  findApprovals,
  findIdempotency,
  findPlan,
  findRemovedRepo,
  findRunByName,
  findRunsById,
  findSignal,
  listRepos,
  liveRuns,
  openActions,
  openInputs,
  openStore,
  planEvidence,
  planRuns,
  planTasks,
  type Sql,
  schemaVersion,
} from '../../src/foundation/store/index.ts';

const folder = fileURLToPath(new URL('../fixtures', import.meta.url));
const fixtures = readdirSync(folder).filter((name) => /^store-v\d+\.db$/.test(name));

t.test('every schema up to now has a fixture', (t) => {
  const wanted = Array.from({ length: schemaVersion }, (_, index) => `store-v${index + 1}.db`);
  t.same(fixtures.toSorted(), wanted.toSorted());
  t.end();
});

for (const name of fixtures) {
  t.test(`${name} opens for ever, with all that stands in it`, async (t) => {
    const path = join(t.testdir(), 'drover.db');
    copyFileSync(join(folder, name), path);
    const store = openStore({ path, clock: systemClock, bus: createBus() });
    t.teardown(store.close);

    store.read((sql) => {
      t.match(listRepos(sql), [
        { id: 'repo_01JD0000000000000000000001', project: 'shop', trustedHash: null },
      ]);
      t.match(findRunByName(sql, 'first'), {
        status: 'succeeded',
        agentEnv: { KEY: 'value' },
        usage: { input_tokens: 3 },
        inPlace: false,
        endSeq: 4,
      });
      t.match(liveRuns(sql), [{ id: 'run_01JD0000000000000000000003', adapterState: { phase: 'prompt' } }]);
      t.match(findRunsById(sql, 'run_01jd0000000000000000000002'), [{ name: 'first' }]);
      t.match(findApprovals(sql, 'apr_01JD'), [{ status: 'pending', options: [{ id: 'yes' }] }]);
      t.same(openInputs(sql, 2), []);
      t.match(findIdempotency(sql, { key: 'k', method: 'POST', path: '/v1/runs' }, 0), { status: 201 });
      t.same(
        eventsAfter(sql, { after: 0, limit: 10, runKey: null }).map((row) => [
          row.seq,
          row.type,
          row.fileBytes,
        ]),
        [
          [1, 'repo.added', 0],
          [2, 'run.queued', 0],
          [3, 'output.stdout', 6],
          [4, 'run.finished', 0],
        ],
      );
    });
    const schema = Number(/\d+/.exec(name)?.[0]);
    if (schema >= 4) store.read((sql) => seePlans(t, sql));
    if (schema >= 5) store.read((sql) => seeWhatCame(t, sql));
    const next = await store.write((tx) =>
      tx.event({ type: 'daemon.stopping', data: { reason: 'x' }, source: 'daemon' }),
    );
    t.equal(next, 5, 'and goes on');
  });
}

function seePlans(t: Test, sql: Sql): void {
  const plan = findPlan(sql, 'repo_01JD0000000000000000000001', 'auth');
  t.match(plan, {
    id: 'plan_01JD0000000000000000000004',
    status: 'reviewing',
    blockedReason: 'which?',
    isForced: false,
    review: { by: 'person', at: 6 },
    verification: null,
  });
  const key = plan?.key ?? 0;
  t.match(planTasks(sql, key), [{ number: 1, status: 'merged' }]);
  t.match(planRuns(sql, key), [{ role: 'coder', state: 'signaled' }]);
  t.match(planEvidence(sql, key), [{ command: 'true', exitCode: 0 }]);
  t.match(findSignal(sql, '01JD0000000000000000000005'), { event: 'review_approved', status: 'failed' });
  t.match(openActions(sql, key), [{ key: 'k2', status: 'pending', data: { kind: 'stop' } }]);
}

/** What schema 5 has brought. */
function seeWhatCame(t: Test, sql: Sql): void {
  const plan = findPlan(sql, 'repo_01JD0000000000000000000001', 'auth');
  t.equal(plan?.mergedAt, 9);
  t.match(planRuns(sql, plan?.key ?? 0), [{ planBase: 'a' }]);
  t.match(findRemovedRepo(sql, '/home/ada/gone'), { project: 'gone' });
}
