import t, { type Test } from 'tap';
import { endOfLocalDay, localDay, startOfLocalDay, systemClock } from '../../src/base/index.ts';
import type { UsageQuery } from '../../src/contract/index.ts';
import { reportUsage } from '../../src/domain/runs/index.ts';
import { addUsageOfDay } from '../../src/foundation/store/index.ts';
import { type Engine, inWorld } from '../support/engine.ts';
import { movableClock } from '../support/movable-clock.ts';

const dayMs = 86_400_000;
const report = (engine: Engine, query: Partial<UsageQuery> = {}) =>
  reportUsage(engine.store, { by: 'day', limit: 50, ...query }).items;

inWorld('what a run uses up belongs to the days on which it told so', async (t, world) => {
  const time = movableClock();
  const engine = world.engine(time.options);
  const run = await engine.claude(`spend:100:0.25 file:${world.home}/go`, { repo: 'shop' });
  await engine.used(run.id, 100);
  const today = localDay(systemClock.now());
  const tomorrow = localDay(systemClock.now() + dayMs);

  time.both(dayMs);
  await engine.runs.send(run.id, 'spend:50:0.5');
  await world.touch('go');
  await engine.ended(run.id);

  t.match(engine.runs.show(run.id), { usage: { input_tokens: 150 }, cost_usd: 0.75 });
  t.match(report(engine), [
    { key: tomorrow, input_tokens: 50, cost_usd: 0.75, runs: null },
    { key: today, input_tokens: 100, cost_usd: null },
  ]);
  t.match(report(engine, { by: 'repo' }), [{ key: 'shop', input_tokens: 150, cost_usd: 0.75 }]);
  t.match(report(engine, { by: 'agent' }), [{ key: 'claude', label: null, input_tokens: 150 }]);
  t.match(report(engine, { until: today }), [{ key: today }]);
  t.match(report(engine, { since: tomorrow }), [{ key: tomorrow }]);
  t.equal(report(engine, { limit: 1 }).length, 1);
});

inWorld('by run and by session the runs themselves are asked', async (t, _, engine) => {
  const silent = await engine.claude('say:nothing');
  const first = await engine.claude('spend:100:0.5', { name: 'first' });
  await engine.ended(silent.id);
  await engine.ended(first.id);
  const second = await engine.claude('spend:10:0.25', { session_id: first.id });
  await engine.ended(second.id);

  t.match(report(engine, { by: 'run' }), [
    { key: second.id, label: 'spend:10:0.25', input_tokens: 10, runs: 1 },
    { key: first.id, label: 'first', input_tokens: 100, cost_usd: 0.5, runs: 1 },
  ]);
  t.equal(report(engine, { by: 'run' }).length, 2, 'who told nothing is not listed');
  t.match(report(engine, { by: 'session' }), [{ input_tokens: 110, cost_usd: 0.75, runs: 2 }]);
  t.same(report(engine, { by: 'run', since: localDay(systemClock.now() + dayMs) }), []);
});

inWorld('a daemon that dies between two figures counts none twice', async (t, world, engine) => {
  const run = await engine.claude(`spend:100:1 file:${world.home}/go spend:20:1`);
  await engine.used(run.id, 100);
  await engine.close();
  await world.touch('go');

  const next = world.engine();
  next.runs.recover();
  await next.ended(run.id);

  t.match(report(next, { by: 'agent' }), [{ input_tokens: 120, cost_usd: 2 }]);
});

inWorld(
  'repositories by name, the costliest first, and what agents do not tell as null',
  async (t, _, engine) => {
    const spent = { day: '2026-11-28', agent: 'codex', outputTokens: 0 };
    await engine.store.write((tx) => {
      addUsageOfDay(tx, { ...spent, repoId: 'repo_b', inputTokens: 5, costUsd: null });
      addUsageOfDay(tx, { ...spent, repoId: null, inputTokens: 50, costUsd: 0 });
    });

    t.match(report(engine, { by: 'repo' }), [
      { key: '', input_tokens: 50, cost_usd: null },
      { key: 'repo_b', label: null, input_tokens: 5, cost_usd: null },
    ]);
  },
);

void t.test('local days begin and end where this machine says, also when clocks change', async (t: Test) => {
  const zone = process.env.TZ;
  t.teardown(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });
  process.env.TZ = 'Europe/Berlin';

  const hours = (day: string) => (endOfLocalDay(day) + 1 - startOfLocalDay(day)) / 3_600_000;
  t.same(['2026-03-29', '2026-10-25', '2026-11-28'].map(hours), [23, 25, 24]);
  for (const day of ['2026-03-29', '2026-10-25', '2024-02-29', '2026-12-31']) {
    t.equal(localDay(startOfLocalDay(day)), day);
    t.equal(localDay(endOfLocalDay(day)), day);
    t.not(localDay(endOfLocalDay(day) + 1), day);
  }
});
