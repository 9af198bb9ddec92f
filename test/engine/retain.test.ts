import { existsSync } from 'node:fs';
import t from 'tap';
import { silentLog, systemClock } from '../../src/base/index.ts';
import { AppError } from '../../src/contract/index.ts';
import { createRemoveWork } from '../../src/daemon/remove-work.ts';
import { type RetainDeps, removeOldRuns } from '../../src/domain/runs/index.ts';
import { overLimits } from '../../src/domain/runs/retain.ts';
import type { RunRow } from '../../src/foundation/store/index.ts';
import { type Engine, inWorld } from '../support/engine.ts';

const dayMs = 86_400_000;

const ended = (key: number, daysAgo: number, bytes: number) => ({
  key,
  endedAt: (100 - daysAgo) * dayMs,
  bytes,
});

t.test('too old and too much are over the limits, oldest first; 0 is no limit', (t) => {
  const runs = [ended(1, 40, 10), ended(2, 20, 10), ended(3, 1, 10)];
  const over = (days: number, bytes: number) =>
    overLimits(runs, { limits: { days, bytes }, totalBytes: 30, now: 100 * dayMs }).map((run) => run.key);

  t.same(over(30, 0), [1]);
  t.same(over(0, 0), []);
  t.same(over(0, 15), [1, 2]);
  t.same(over(30, 25), [1]);
  t.same(over(10, 5), [1, 2, 3]);
  t.end();
});

const sweep = (engine: Engine, removeWork: RetainDeps['removeWork'], daysLater = 31) =>
  removeOldRuns(
    {
      store: engine.store,
      clock: { ...systemClock, now: () => systemClock.now() + daysLater * dayMs },
      log: silentLog,
      folder: engine.launch.folder,
      removeWork,
    },
    { days: 30, bytes: 0 },
  );
const removed = async () => ({ kind: 'removed', wasThere: true, saved: null }) as const;

inWorld('an old run goes with its folder, and the journal names what went', async (t, world, engine) => {
  const old = await engine.sh('seq 1 5');
  await engine.ended(old.id);
  const seqs = (await engine.events(old.id)).map((event) => event.seq);

  await sweep(engine, removed, 29);
  t.equal(engine.runs.show(old.id).id, old.id, 'a young one stays');
  await sweep(engine, removed);

  t.throws(() => engine.runs.show(old.id), { code: 'run_not_found' });
  t.notOk(existsSync(world.folder(old.id)));
  const page = await engine.journal.read({
    after: seqs.at(-1) ?? 0,
    limit: 10,
    maxBytes: 2 ** 20,
    runId: null,
  });
  t.match(
    page.events.map((entry) => JSON.parse(entry.json)),
    [{ type: 'journal.truncated', data: { from: seqs[0], to: seqs.at(-1), run_id: old.id } }],
  );
});

inWorld('a run whose work was not removed lost its row all the same', async (t, world, engine) => {
  const stuck = await engine.sh('echo a');
  await engine.ended(stuck.id);
  const failing = await engine.sh('echo b');
  await engine.ended(failing.id);
  const young = await engine.sh('echo c');
  await engine.ended(young.id);

  await sweep(engine, async (run) => {
    if (run.id === failing.id) throw new AppError('git_failed', 'locked');
    return run.id === stuck.id ? { kind: 'kept', reason: 'it holds repositories of its own' } : removed();
  });

  t.equal(engine.runs.show(stuck.id).id, stuck.id);
  t.equal(engine.runs.show(failing.id).id, failing.id);
  t.ok(existsSync(world.folder(stuck.id)));
  t.throws(() => engine.runs.show(young.id), { code: 'run_not_found' }, 'those behind it are looked at');
});

inWorld(
  'a place went with its first run while another run of the session worked in it',
  async (t, _, engine) => {
    const first = await engine.acp('say:one');
    await engine.ended(first.id);
    const second = await engine.acp('say:two', { session_id: first.id });
    await engine.ended(second.id);
    const live = await engine.acp('ask', { session_id: first.id });
    await engine.reached(live.id, 'waiting');
    const asked: string[] = [];
    const removing = async (run: RunRow) => {
      asked.push(run.id);
      return removed();
    };

    await sweep(engine, removing);
    t.same(asked, [second.id], 'the first waits for the others to go');
    await engine.runs.cancel(live.id, 'test');
    await sweep(engine, removing);
    await sweep(engine, removing);

    t.same(asked, [second.id, live.id, first.id]);
    t.throws(() => engine.runs.show(first.id), { code: 'run_not_found' });
  },
);

t.test('the work of a run whose repository was unregistered failed to be removed for ever', async (t) => {
  const run = {
    worktree: '/w/1',
    repoId: 'repo_1',
    project: 'shop',
    inPlace: false,
    placeOf: null,
  } as RunRow;
  const gone = createRemoveWork({
    repos: { find: () => Promise.reject(new AppError('repo_not_found', 'none')) },
    worktrees: { saveAndRemove: () => Promise.reject(new Error('never asked')) },
  });
  const repo = { find: async () => ({}) as never };
  const kept = createRemoveWork({
    repos: repo,
    worktrees: {
      saveAndRemove: async () => ({ wasThere: true, removed: false, reason: 'nested', saved: null }),
    },
  });
  const failing = createRemoveWork({
    repos: repo,
    worktrees: { saveAndRemove: () => Promise.reject(new AppError('git_failed', 'locked')) },
  });

  t.match(await gone(run), { kind: 'left', path: '/w/1', reason: /not registered any more/ });
  t.match(await kept(run), { kind: 'kept', reason: 'nested' });
  await t.rejects(failing(run), { code: 'git_failed' });
  t.same(await gone({ ...run, inPlace: true }), { kind: 'removed', wasThere: false, saved: null });
  const tenant = { ...run, placeOf: 'run_1' };
  t.same(
    await failing(tenant),
    { kind: 'removed', wasThere: false, saved: null },
    'the place of another is not its to remove',
  );
});

t.test('an empty scratch folder goes, one with files stays', async (t) => {
  const home = t.testdir({ empty: {}, full: { file: 'work' } });
  const removeWork = createRemoveWork({
    repos: { find: () => Promise.reject(new Error('never asked')) },
    worktrees: { saveAndRemove: () => Promise.reject(new Error('never asked')) },
  });
  const scratch = (name: string) =>
    ({ worktree: `${home}/${name}`, repoId: null, inPlace: false, placeOf: null }) as RunRow;

  t.match(await removeWork(scratch('empty')), { kind: 'removed' });
  t.match(await removeWork(scratch('full')), { kind: 'left', reason: /not empty/ });
  t.match(await removeWork(scratch('gone')), { kind: 'removed' });
  t.notOk(existsSync(`${home}/empty`));
  t.ok(existsSync(`${home}/full/file`));
});
