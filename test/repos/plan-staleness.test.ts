/** Finished plans and what comes to their bases, with real git; a test looks whenever it wants. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Clock, createBus, silentLog, systemClock } from '../../src/base/index.ts';
import { createPlansPort } from '../../src/daemon/plans-port.ts';
import { owe } from '../../src/domain/plans/change.ts';
import { createPlan } from '../../src/domain/plans/create.ts';
import { mergedAtOf } from '../../src/domain/plans/merged-at.ts';
import type { PlansDeps } from '../../src/domain/plans/ports.ts';
import { createStaleness } from '../../src/domain/plans/staleness.ts';
import { measureFacts } from '../../src/domain/plans/verdict-facts.ts';
import { createRepos, createWorktrees } from '../../src/domain/repos/index.ts';
import type { Runs } from '../../src/domain/runs/index.ts';
import { defaultConfig } from '../../src/foundation/config/index.ts';
import {
  finishAction,
  getPlan,
  insertPlanRun,
  openActions,
  openStore,
  type PlanRow,
  planRuns,
  updatePlan,
} from '../../src/foundation/store/index.ts';
import { git } from '../support/apply-world.ts';
import { planText } from '../support/plan-text.ts';
import { until } from '../support/until.ts';
import { makeRepo, plainGit, put } from './fixture.ts';

const branch = 'drover/plan/auth';

/** A repository whose plan `auth` is done: it has changed a line of `a.txt` and made `new.txt`. */
async function setUp(t: Test, { base = 'main' } = {}) {
  const root = realpathSync(t.testdir());
  const path = makeRepo(join(root, 'app'), { 'a.txt': '1\n2\n3\n4\n5\n', 'b.txt': 'b\n' });
  const said = (...args: string[]) => plainGit(path, ...args).trim();
  const commit = (name: string, text: string) => {
    put(join(path, name), text);
    said('add', '-A');
    said('commit', '-q', '-m', `change ${name}`);
    return said('rev-parse', 'HEAD');
  };
  if (base !== 'main') said('update-ref', `refs/remotes/${base}`, 'HEAD');
  const start = said('rev-parse', 'HEAD');
  said('checkout', '-q', '-b', branch);
  commit('a.txt', '1\n2\nthree\n4\n5\n');
  const head = commit('new.txt', 'new\n');
  said('checkout', '-q', 'main');

  let ahead = 0;
  let wake: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        wake.push(() => {
          ahead += ms;
          resolve();
        });
      }),
  };
  const store = openStore({ path: join(root, 'drover.db'), clock, bus: createBus() });
  const repos = createRepos({ store, git, clock, log: silentLog, checkPrompt: () => null });
  const worktrees = createWorktrees({ git, log: silentLog, stateRoot: join(root, 'state') });
  const { id: repoId } = await repos.add({ path });
  const port = createPlansPort({
    clock,
    config: defaultConfig,
    repos,
    worktrees,
    runs: { row: () => null } as unknown as Runs,
    launch: { outputFile: () => '' },
  });
  const deps: PlansDeps = { ...port, store, clock, log: silentLog, collectSignals: async () => {} };
  const { key } = await createPlan(deps, repoId, { name: 'auth', content: planText([1]), base });
  const done = (change: Partial<PlanRow> = {}) =>
    store.write((tx) => {
      const verdict = { head, base: start, by: 'person', at: tx.now };
      updatePlan(tx, getPlan(tx, key), {
        status: 'done',
        phase: null,
        round: 3,
        baseCommit: start,
        headCommit: head,
        review: verdict,
        verification: verdict,
        ...change,
      });
    });
  await done();
  const staleness = createStaleness(deps);
  t.teardown(async () => {
    await staleness.close();
    await store.close();
  });
  const plan = () => store.read((sql) => getPlan(sql, key));
  return {
    said,
    commit,
    start,
    head,
    deps,
    store,
    key,
    done,
    plan,
    staleness,
    /** Looks once, and tells what the plan is then. */
    look: async () => {
      await staleness.look();
      const { status } = plan();
      return mergedAtOf(plan()) === null ? status : 'merged';
    },
    wakeUp: () => {
      for (const one of wake) one();
      wake = [];
    },
  };
}

t.test('a plan is stale when its base changes files that it changes too, and only then', async (t) => {
  const { look, commit, store, key } = await setUp(t);

  t.equal(await look(), 'done');
  commit('b.txt', 'other\n');
  t.equal(await look(), 'done', 'another file');
  commit('a.txt', 'one\n2\n3\n4\n5\n');
  t.equal(await look(), 'verifying', 'the same file');
  t.match(
    store.read((sql) => openActions(sql, key)),
    [{ kind: 'evidence' }],
    'and no fixer is started',
  );
});

t.test('what changed on the base before the verdict is not what the plan has changed', async (t) => {
  const { look, commit, done, head } = await setUp(t);
  const seen = commit('b.txt', 'seen by the verifier\n');
  await done({ verification: { head, base: seen, by: 'person', at: 1 } });

  commit('b.txt', 'changed once more\n');

  t.equal(await look(), 'done');
});

for (const [how, merge] of Object.entries<(say: (...args: string[]) => string) => void>({
  'as a merge': (say) => say('merge', '-q', '--no-ff', '-m', 'merge', branch),
  'as one commit': (say) => {
    say('merge', '-q', '--squash', branch);
    say('commit', '-q', '-m', 'squashed');
  },
  'as new commits': (say) => say('cherry-pick', `main..${branch}`),
})) {
  t.test(`a plan whose base has taken it in ${how} is over, whatever comes later`, async (t) => {
    const { look, commit, said, plan } = await setUp(t);
    commit('b.txt', 'somebody was faster\n');

    merge(said);
    t.equal(await look(), 'merged');
    const { mergedAt } = plan();
    commit('a.txt', 'all\nof\nit\nis\nnew\n');
    said('rm', '-q', 'new.txt');
    said('commit', '-q', '-m', 'away');

    t.equal(await look(), 'merged');
    said('branch', '-q', '-D', branch);
    t.equal(await look(), 'merged');
    t.equal(plan().mergedAt, mergedAt);
  });
}

t.test('a merge is seen behind later changes of the same lines, and without the branch', async (t) => {
  const { look, commit, said } = await setUp(t);

  said('merge', '-q', '--squash', branch);
  said('commit', '-q', '-m', 'squashed');
  said('branch', '-q', '-D', branch);
  commit('a.txt', 'all\nof\nit\nis\nnew\n');

  t.equal(await look(), 'merged');
});

t.test('a plan that was merged and is done anew counts as not merged', async (t) => {
  const { look, done, said, commit, head, start } = await setUp(t);
  said('merge', '-q', '--squash', branch);
  said('commit', '-q', '-m', 'squashed');
  t.equal(await look(), 'merged');

  said('checkout', '-q', branch);
  const more = commit('a.txt', '1\n2\nthree and more\n4\n5\n');
  said('checkout', '-q', 'main');
  t.equal(await look(), 'verifying', 'its branch has more');
  const at = Date.now() + 60_000;
  await done({ headCommit: more, verification: { head: more, base: start, by: 'person', at } });
  t.not(more, head);
  t.equal(await look(), 'verifying', 'the base has changed the file too');
});

t.test('a branch that was put back is not taken for a merged one', async (t) => {
  const { look, said } = await setUp(t);
  said('branch', '-q', '-f', branch, 'main');

  t.equal(await look(), 'verifying');
});

t.test('a plan that is done by its review alone is looked at too', async (t) => {
  const { look, commit, done } = await setUp(t);
  await done({ verification: null });
  commit('a.txt', 'one\n2\n3\n4\n5\n');

  t.equal(await look(), 'verifying');
});

t.test('a plan that was given up as promoted is left alone', async (t) => {
  const { look, commit, done } = await setUp(t);
  await done({ isForced: true });
  commit('a.txt', 'one\n2\n3\n4\n5\n');

  t.equal(await look(), 'done');
});

t.test('a base that is no local branch is compared too', async (t) => {
  const { look, commit, said } = await setUp(t, { base: 'origin/main' });

  commit('a.txt', 'one\n2\n3\n4\n5\n');
  t.equal(await look(), 'done', 'main is another one');
  said('update-ref', 'refs/remotes/origin/main', 'main');
  t.equal(await look(), 'verifying');
});

t.test('a branch that drover has still to move is not held against the plan', async (t) => {
  const { look, done, store, key, plan, head, said, commit, start } = await setUp(t);
  said('checkout', '-q', '-b', 'mended', branch);
  const to = commit('c.txt', 'mended\n');
  said('checkout', '-q', 'main');
  await done({ verification: { head: to, base: start, by: 'run_x', at: Date.now() } });
  await store.write((tx) => owe(tx, plan(), [{ kind: 'advance_branch', round: 3, from: head, to }]));

  t.equal(await look(), 'done');
  await store.write((tx) => {
    for (const action of openActions(tx, key)) finishAction(tx, action.key, tx.now);
  });
  t.equal(await look(), 'verifying', 'once it owes nothing the branch has to be there');
});

t.test('it looks by itself, again and again', async (t) => {
  const { staleness, commit, plan, wakeUp, look } = await setUp(t);
  await look();
  staleness.start();
  commit('a.txt', 'one\n2\n3\n4\n5\n');

  await until('the plan to be verified again', () => {
    wakeUp();
    return plan().status === 'verifying';
  });
});

t.test('a verdict is about the base that was there when the judging began', async (t) => {
  const { deps, store, key, plan, start, commit } = await setUp(t);
  const as = { planKey: key, round: 3, wave: null, task: null, attempt: 1, baseCommit: null, startedAt: 1 };
  await store.write((tx) => {
    const evidence = { ...as, runId: 'run_1', actionKey: 'k1', planBase: start };
    insertPlanRun(tx, { ...evidence, role: 'evidence', state: 'closed' });
    const verifier = { ...as, runId: 'run_2', actionKey: 'k2', planBase: 'later' };
    insertPlanRun(tx, { ...verifier, role: 'verifier', state: 'open' });
  });
  const now = commit('a.txt', 'one\n2\n3\n4\n5\n');
  const run = store.read((sql) => planRuns(sql, key)).at(-1) ?? null;
  const baseOf = async (of: typeof run) =>
    (await measureFacts(deps, plan(), { run: of, event: 'review_approved' })).base;

  t.equal(await baseOf(run), start);
  t.equal(await baseOf(null), now, 'a person sees what is there');
});
