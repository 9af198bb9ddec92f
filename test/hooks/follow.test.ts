import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Clock, createBus, silentLog, systemClock } from '../../src/base/index.ts';
import type { HookConfig } from '../../src/contract/index.ts';
import type { Delivery } from '../../src/domain/hooks/delivery.ts';
import { createHooks, type Deliver, type HooksDeps } from '../../src/domain/hooks/index.ts';
import { insertRepo, listHooks, openStore, type Store } from '../../src/foundation/store/index.ts';
import { createRandom } from '../support/random.ts';
import { until } from '../support/until.ts';

const config = (change: Partial<HookConfig> = {}): HookConfig => ({
  on: ['daemon.stopping'],
  command: ['tell'],
  timeout: '30s',
  ...change,
});

/** Hooks over a real store, whose deliveries the test answers. */
function createStage(
  t: Test,
  {
    clock = systemClock,
    pausesMs = [1, 2, 3],
  }: { readonly clock?: Clock; readonly pausesMs?: readonly number[] } = {},
) {
  const path = join(t.testdir(), 'drover.db');
  const warnings = new Map<string, string>();
  const tried: { readonly target: string; readonly seq: number; readonly id: string }[] = [];
  let how: Deliver = async () => ({ kind: 'delivered' });
  let store = open();
  function open(): Store {
    return openStore({ path, clock, bus: createBus() });
  }
  const make = (more: Partial<HooksDeps> = {}) =>
    createHooks({
      store,
      clock,
      log: silentLog,
      profile: 'default',
      delivering: {
        deliver: (hook, delivery, signal) => {
          tried.push({ target: hook.target, seq: delivery.seq, id: delivery.id });
          return how(hook, delivery, signal);
        },
        problemOf: () => null,
      },
      onWarning: (key, text) => (text === null ? warnings.delete(key) : warnings.set(key, text)),
      pausesMs,
      ...more,
    });
  let hooks = make();
  t.teardown(async () => {
    await hooks.close(0);
    await store.close();
  });
  return {
    store: () => store,
    configure: (...configs: HookConfig[]) => hooks.configure(configs),
    deliver: (next: Deliver) => {
      how = next;
    },
    tried,
    seqs: (target = 'tell') => tried.filter((one) => one.target === target).map(({ seq }) => seq),
    warnings: () => [...warnings.values()],
    tell: (reason = 'x', repoId?: string) =>
      store.write((tx) =>
        tx.event({
          type: 'daemon.stopping',
          data: { reason },
          source: 'daemon',
          ...(repoId === undefined ? {} : { repoId }),
        }),
      ),
    noise: (count: number) =>
      store.write((tx) => {
        for (let left = count; left > 0; left--)
          tx.event({ type: 'daemon.reloaded', data: { applied: [], needs_restart: [] }, source: 'daemon' });
      }),
    /** Closes the store as a daemon that stops does, and opens it again. */
    restart: async () => {
      await hooks.close(0);
      await store.close();
      store = open();
      hooks = make();
    },
    types: () => store.read((sql) => sql.all('SELECT type FROM events ORDER BY seq').map(({ type }) => type)),
    rows: () => store.read(listHooks),
  };
}

const failing: Deliver = async () => ({ kind: 'failed', error: 'no' });
const hanging: Deliver = (_hook, _delivery, signal) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ kind: 'failed', error: 'cut short' }));
  });

t.test('a new hook begins after the newest event and gets each event of its types, in order', async (t) => {
  const stage = createStage(t);
  await stage.tell('before');
  await stage.configure(config());
  const wanted = [await stage.tell(), await stage.noise(3).then(() => stage.tell()), await stage.tell()];

  await until('all', () => stage.tried.length === 3);

  t.same(stage.seqs(), wanted);
  await until('the place', () => stage.rows()[0]?.seq === wanted[2]);
});

t.test('an event that fails is tried again under the same id, and the next one waits for it', async (t) => {
  const stage = createStage(t);
  let left = 2;
  stage.deliver(async () => (left-- > 0 ? { kind: 'failed', error: 'no' } : { kind: 'delivered' }));
  await stage.configure(config());
  const [first, second] = await Promise.all([stage.tell(), stage.tell()]);

  await until('both', () => stage.tried.length === 4);

  t.same(stage.seqs(), [first, first, first, second]);
  t.equal(new Set(stage.tried.slice(0, 3).map(({ id }) => id)).size, 1);
  t.match(stage.tried[0]?.id, new RegExp(`^[0-9a-f]{16}-${first}$`));
  await until('no warning', () => stage.warnings().length === 0);
});

t.test(
  'an event is given up after the last try, which is journaled, warned of and told to no hook',
  async (t) => {
    const stage = createStage(t);
    stage.deliver(failing);
    await stage.configure(config({ on: ['*'] }));
    const seq = await stage.tell();

    await until('it is given up', () => stage.types().includes('hook.failed'));
    stage.deliver(async () => ({ kind: 'delivered' }));

    t.same(stage.seqs(), [seq, seq, seq, seq]);
    t.match(stage.warnings(), [/^Event \d+ did not reach the hook tell \([0-9a-f]+\): no; it was given up$/]);
    t.match(
      JSON.parse(
        String(
          stage.store().read((sql) => sql.get("SELECT data FROM events WHERE type = 'hook.failed'")?.data),
        ),
      ),
      {
        hook: stage.rows()[0]?.key,
        target: 'tell',
        event_seq: seq,
        event_type: 'daemon.stopping',
        error: 'no',
      },
    );
    const next = await stage.tell();
    await until('the next one', () => stage.seqs().includes(next));
    t.same(stage.seqs().slice(4), [next], 'and nothing in between');
    await until('no warning', () => stage.warnings().length === 0);
  },
);

t.test('the place, the tries and the warning survive a restart', async (t) => {
  const stage = createStage(t);
  await stage.configure(config());
  const done = await stage.tell();
  await until('the first one', () => stage.rows()[0]?.seq === done);
  let left = 3;
  stage.deliver((...args) => (left-- > 0 ? failing : hanging)(...args));
  const seq = await stage.tell();
  await until('the next try', () => stage.seqs().filter((one) => one === seq).length === 4);
  await Promise.all([stage.restart(), stage.tell('while it stops')]);
  stage.deliver(async () => ({ kind: 'delivered' }));

  t.match(stage.rows(), [{ seq: done, attempts: 3, failedSeq: seq, error: 'no' }]);
  const before = stage.tried.length;
  const last = await stage.tell();
  await stage.configure(config());
  await until('the rest', () => stage.seqs().includes(last));
  t.same(stage.seqs().slice(before), [seq, seq + 1, last], 'nothing is skipped');
});

t.test('a hook that hangs keeps neither another hook nor the store', async (t) => {
  const stage = createStage(t);
  stage.deliver(async (hook, ...rest) =>
    hook.target === 'slow' ? hanging(hook, ...rest) : { kind: 'delivered' },
  );
  await stage.configure(config({ command: ['slow'] }), config());
  for (let count = 0; count < 20; count++) await stage.tell();

  await until('all for the quick one', () => stage.seqs().length === 20);
  t.equal(stage.seqs('slow').length, 1, 'one delivery at a time');
});

t.test('a hook that left the configuration is cut short and forgotten; back, it begins anew', async (t) => {
  const stage = createStage(t);
  stage.deliver(hanging);
  await stage.configure(config(), config({ command: ['other'] }));
  const seq = await stage.tell();
  await until('both', () => stage.tried.length === 2);

  await stage.configure(config({ command: ['other'] }));

  t.equal(stage.rows().length, 1);
  t.same(stage.warnings(), []);
  stage.deliver(async () => ({ kind: 'delivered' }));
  await stage.configure(config(), config({ command: ['other'] }));
  const next = await stage.tell();
  await until('the next one', () => stage.seqs().includes(next));
  t.same(stage.seqs(), [seq, next]);
});

t.test('what has changed of a hook is tried at once', async (t) => {
  const stage = createStage(t);
  await stage.configure();
  const hooks = createHooks({
    store: stage.store(),
    clock: systemClock,
    log: silentLog,
    profile: 'default',
    delivering: {
      deliver: async (hook) =>
        hook.config.timeout === '1m' ? { kind: 'delivered' } : { kind: 'failed', error: 'no' },
      problemOf: (hook) => (hook.config.timeout === '1m' ? null : 'it is wrong'),
    },
    onWarning: (_key, text) => said.push(text),
    pausesMs: [3_600_000],
  });
  t.teardown(() => hooks.close(0));
  const said: (string | null)[] = [];
  await hooks.configure([config()]);
  t.match(said, [/^The hook tell \(.*\) can deliver nothing: it is wrong$/]);
  const seq = await stage.tell();
  await until('a failed try', () => stage.rows()[0]?.attempts === 1);

  await hooks.configure([config()]);
  await hooks.configure([config({ timeout: '1m' })]);

  await until('its delivery', () => stage.rows()[0]?.seq === seq);
  await until('no warning', () => said.at(-1) === null);
});

t.test('only events of the named repositories are told', async (t) => {
  const stage = createStage(t);
  await stage.store().write((tx) => {
    for (const project of ['shop', 'site'])
      insertRepo(tx, {
        id: project,
        path: `/${project}`,
        pathKey: project,
        project,
        trustedHash: null,
        addedAt: 0,
      });
  });
  await stage.configure(config({ repos: ['shop'] }));
  await stage.tell();
  await stage.tell('x', 'site');
  const seq = await stage.tell('x', 'shop');

  await until('one', () => stage.tried.length > 0);
  t.same(stage.seqs(), [seq]);
});

t.test('events of other types cost a reading of pages, and are not read again after a restart', async (t) => {
  const stage = createStage(t);
  await stage.configure(config());
  await stage.noise(9000);
  const seq = await stage.tell();
  await until('it', () => stage.tried.length === 1);
  await stage.noise(60_000);
  await until('a place that is written down without a delivery', () => {
    const at = stage.rows()[0]?.seq ?? 0;
    return at >= 60_000 + seq;
  });
  await stage.noise(10);
  await stage.restart();

  t.equal(stage.rows()[0]?.seq, stage.store().lastSeq());
  t.same(stage.seqs(), [seq]);
});

t.test('a disk that refuses delays what is written down and doubles nothing', async (t) => {
  const waits: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) =>
      ms < 5000
        ? systemClock.sleep(ms, signal)
        : new Promise((resolve, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason));
            waits.push(resolve);
          }),
  };
  const stage = createStage(t, { clock });
  await stage.configure(config());
  stage.deliver(async () => {
    stage.store().read((sql) => sql.exec('ALTER TABLE hooks RENAME TO gone'));
    return { kind: 'delivered' };
  });
  const seq = await stage.tell();
  await until('the refusal', () => waits.length === 1);
  stage.store().read((sql) => sql.exec('ALTER TABLE gone RENAME TO hooks'));
  stage.deliver(async () => ({ kind: 'delivered' }));
  waits.shift()?.();
  const next = await stage.tell();

  await until('the next one', () => stage.rows()[0]?.seq === next);
  t.same(stage.seqs(), [seq, next]);
});

t.test('whatever fails, stops and comes between: each event is delivered, in order', async (t) => {
  const random = createRandom();
  t.comment(`seed ${random.seed}`);
  const stage = createStage(t, { pausesMs: Array.from({ length: 50 }, () => 2) });
  const arrived: number[] = [];
  let faults = 0;
  stage.deliver(async (_hook, { seq }) => {
    const fate = random.below(4);
    if (fate < 2) arrived.push(seq); // it may have arrived although that is not known
    if (fate === 0 || fate === 3) await new Promise((resolve) => setTimeout(resolve, random.below(3)));
    if (fate === 2 || fate === 0) {
      faults += 1;
      return { kind: 'failed', error: 'no' };
    }
    if (fate === 3) arrived.push(seq);
    return { kind: 'delivered' };
  });
  await stage.configure(config());
  const told: number[] = [];
  for (let round = 0; round < 60; round++) {
    const what = random.below(10);
    if (what === 0) {
      await stage.restart();
      await stage.configure(config());
    } else if (what < 4) await stage.noise(1 + random.below(3));
    else told.push(await stage.tell());
    if (random.below(3) === 0) await new Promise((resolve) => setTimeout(resolve, random.below(4)));
  }

  await until('the last one', () => stage.rows()[0]?.seq === told.at(-1));
  t.ok(faults > 5, `${faults} faults`);
  t.same([...new Set(arrived)], told, 'each for the first time in order');
  t.same(
    arrived,
    arrived.toSorted((a, b) => a - b),
    'and again only before the next one',
  );
});

t.test('an event of a plan says its name, and each event says of which profile it is', async (t) => {
  const stage = createStage(t);
  const got: Delivery[] = [];
  stage.deliver(async (_hook, delivery) => {
    got.push(delivery);
    return { kind: 'delivered' };
  });
  await stage.configure(config({ on: ['plan.blocked', 'daemon.stopping'] }));
  const data = { name: 'search', reason: 'Red or green?', by: 'person' };
  const about = { source: 'daemon', repoId: 'repo_1', planId: 'plan_1' } as const;
  await stage.store().write((tx) => {
    tx.run(
      `INSERT INTO plans (id, repo_id, name, version, status, round, title, content, branch, base, wave, review_cycle,
         verify_cycle, is_forced, created_at, updated_at)
       VALUES ('plan_1', 'repo_1', 'search', 1, 'ready', 1, '', '', '', '', 0, 0, 0, 0, 0, 0)`,
    );
    tx.event({ type: 'plan.blocked', data, ...about });
    tx.event({ type: 'plan.blocked', data, ...about, planId: 'plan_gone' });
  });
  await stage.tell();

  await until('all', () => got.length === 3);
  t.same(
    got.map(({ plan }) => plan),
    ['search', null, null],
  );
  t.match(JSON.parse(got[0]?.json ?? ''), {
    seq: 1,
    type: 'plan.blocked',
    repo_id: 'repo_1',
    plan_id: 'plan_1',
    source: 'daemon',
    data,
    profile: 'default',
  });
});
