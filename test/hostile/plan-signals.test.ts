/**
 * Plans under a rain of signals: whatever is said, by whomever and in whatever order, a plan moves only as the table has
 * it, and no signal is applied twice. `DROVER_TEST_FULL=1` makes it 20,000 of them.
 */
import { join } from 'node:path';
import t from 'tap';
import { ulid } from 'ulid';
import { createBus, type Log, systemClock } from '../../src/base/index.ts';
import { type PlanEventName, type PlanStatus, planEvents, type Run } from '../../src/contract/index.ts';
import { createPlans, type PlansDeps, type Speaker } from '../../src/domain/plans/index.ts';
import {
  eventsAfter,
  insertRepo,
  openStore,
  planRuns,
  type RunRow,
} from '../../src/foundation/store/index.ts';
import { isLegal } from '../support/plan-grid.ts';
import { settings } from '../support/plan-state.ts';
import { planText } from '../support/plan-text.ts';
import { createRandom } from '../support/random.ts';

const count = process.env.DROVER_TEST_FULL === '1' ? 20_000 : 2000;
t.setTimeout(count * 30);
const quiet = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;
const repo = { id: 'repo_01JD0000000000000000000001', project: 'shop' };
const names = ['one', 'two', 'three', 'four', 'five'] as const;

t.test(`${count} signals: no illegal move, none applied twice`, async (t) => {
  const random = createRandom();
  t.comment(`DROVER_TEST_SEED=${random.seed}`);
  const store = openStore({ path: join(t.testdir(), 'drover.db'), clock: systemClock, bus: createBus() });
  t.teardown(store.close);
  const path = t.testdirName;
  await store.write((tx) =>
    insertRepo(tx, { ...repo, path, pathKey: path, trustedHash: null, addedAt: tx.now }),
  );
  const { deps, live } = fakeWorld(store);
  const plans = createPlans(deps);
  plans.recover();
  for (const name of names) await plans.create(repo, { name, content: planText([1, 2], [3]) });

  const given: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const isAgain = given.length > 0 && random.below(10) === 0;
    const id = isAgain ? random.pick(given) : ulid();
    const plan = random.below(20) === 0 ? 'nobody' : random.pick(names);
    const event = random.pick(planEvents);
    const said = {
      id,
      repoId: repo.id,
      plan,
      event,
      wave: random.below(3) === 0 ? 1 + random.below(3) : null,
      task: random.below(2) === 0 ? 1 + random.below(4) : null,
      body: random.pick(['', 'please mend it', planText([1], [2]), '## Wave 7', '\0']),
      speaker: speakerOf(random.below(10), live(plan)),
    };
    await plans.receiveFile(said);
    given.push(id);
    if (index % 50 === 0) live.end(random.below(3));
  }
  await plans.close();

  const rows = store.read((sql) => eventsAfter(sql, { after: 0, limit: 1_000_000, runKey: null }));
  const data = rows.map((row) => ({
    type: row.type,
    ...(JSON.parse(row.data ?? '{}') as Record<string, unknown>),
  }));
  const moves = data.filter(({ type }) => type === 'plan.transition') as unknown as Move[];
  const at = new Map<string, PlanStatus>();
  for (const { name, event, from, to } of moves) {
    if ((at.get(name) ?? 'ready') !== from) t.fail(`${name} was ${at.get(name)}, and moved from ${from}`);
    if (!isLegal(event, from, to)) t.fail(`${event} moved ${name} from ${from} to ${to}`);
    at.set(name, to);
  }
  const receipts = data.filter(({ type }) => type === 'signal.done' || type === 'signal.failed');
  const ids = receipts.map((one) => (one as unknown as { signal_id: string }).signal_id);
  t.equal(new Set(ids).size, ids.length, 'each signal has one receipt');
  t.equal(ids.length, new Set(given).size);
  const done = receipts.filter(({ type }) => type === 'signal.done').length;
  t.ok(done > count / 200, `${done} were applied`);
  t.ok(ids.length - done > count / 10, `${ids.length - done} were refused`);
  t.equal(moves.filter(({ by }) => by !== 'daemon').length, done, 'each that was applied is one move');
  const started = live.started();
  t.ok(started.length > count / 200, `${started.length} were started`);
  t.equal(new Set(started).size, started.length, 'nobody was started twice');
  t.comment(`${done} applied, ${ids.length - done} refused, ${moves.length} moves, ${started.length} runs`);
});

type Move = {
  readonly name: string;
  readonly event: PlanEventName;
  /** A run, a person or the daemon. */
  readonly by: string;
  readonly from: PlanStatus;
  readonly to: PlanStatus;
};

function speakerOf(number: number, runIds: readonly string[]): Speaker {
  const [runId] = runIds;
  if (number < 3) return { kind: 'person' };
  if (number < 5) return { kind: 'checkout' };
  if (number < 6 || runId === undefined) return { kind: 'run', runId: 'run_of_nobody' };
  return number < 8 ? { kind: 'run', runId } : { kind: 'worktree', runIds };
}

/** Runs that live until they are told to end, and a repository whose branches go where they are moved. */
function fakeWorld(store: PlansDeps['store']) {
  const rows = new Map<string, RunRow>();
  const heads = new Map<string, string>();
  const commit = () => ulid().toLowerCase().padEnd(40, '0').slice(0, 40);
  const deps: PlansDeps = {
    store,
    clock: systemClock,
    log: quiet,
    collectSignals: async () => {},
    settingsOf: async () => ({
      ...settings,
      autoAdvance: true,
      agentOf: () => undefined,
      verify: [],
      own: 'none',
      ownProblem: null,
      templateOf: async () => undefined,
      lapsed: null,
    }),
    runs: {
      start: async (_request, also) => {
        const id = `run_${ulid()}`;
        await store.write((tx) => also(tx, { id } as Run));
        rows.set(id, { id, endedAt: null, status: 'running', worktree: null } as unknown as RunRow);
        return { id } as Run;
      },
      row: (id) => rows.get(id) ?? null,
      cancel: async (id) => end(id),
      settle: async (id) => end(id),
      canGoOn: () => false,
      outputOf: async function* () {},
    },
    work: {
      currentBase: async () => 'main',
      commitOf: async () => 'a'.repeat(40),
      branchHead: async (_repo, branch) => heads.get(branch) ?? null,
      branches: async () => heads,
      contains: async () => true,
      standing: async () => 'apart',
      moveBranch: async (_repo, { branch, to }) => void heads.set(branch, to),
      setAside: async (_repo, { branch }) => void heads.delete(branch),
      join: async (_run, { branch }) => {
        const made = commit();
        heads.set(branch, made);
        return { kind: 'joined', commit: made };
      },
      foreignBranchOf: async () => null,
      publishedBy: async () => [],
      measure: async () => null,
      compare: async () => ({ lines: 1, stat: '', tree: commit() }),
    },
  };
  const end = (id: string) => {
    const row = rows.get(id);
    if (row !== undefined)
      rows.set(id, { ...row, endedAt: 1, status: 'failed', reason: 'it was ended' } as RunRow);
  };
  const live = (plan: string): readonly string[] =>
    store.read((sql) => {
      const key = names.indexOf(plan as (typeof names)[number]) + 1;
      const all = key === 0 ? [] : planRuns(sql, key);
      return all.filter(({ runId }) => rows.get(runId)?.endedAt === null).map(({ runId }) => runId);
    });
  live.end = (which: number) => {
    const [id] = [...rows]
      .filter(([, row]) => row.endedAt === null)
      .map(([key]) => key)
      .slice(which);
    if (id !== undefined) end(id);
  };
  live.started = () =>
    store.read((sql) =>
      names.flatMap((_, index) => planRuns(sql, index + 1).map(({ actionKey }) => actionKey)),
    );
  return { deps, live };
}
