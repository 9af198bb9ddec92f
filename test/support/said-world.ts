/** The plans of one repository with their store, where nothing is started and each branch is where it should be. */
import { join } from 'node:path';
import type { Test } from 'tap';
import { createBus, silentLog, systemClock } from '../../src/base/index.ts';
import { createPlans, type PlansDeps } from '../../src/domain/plans/index.ts';
import {
  findPlan,
  insertPlanRun,
  insertRepo,
  openStore,
  type PlanRow,
  type PlanRunRow,
  planTasks,
  setPlanTasks,
  updatePlan,
} from '../../src/foundation/store/index.ts';
import { settings } from './plan-state.ts';
import { planText } from './plan-text.ts';

const commit = 'a'.repeat(40);
const repo = { id: 'repo_1', project: 'shop' };
/** Not called by what is tested here. */
const unused = () => {
  throw new Error('nobody asks for this');
};

/** A plan `auth` of one task that is `at`, with one run of it. */
export async function saidWorld(
  t: Test,
  at: Partial<PlanRow>,
  run: Partial<PlanRunRow> & { readonly taskStatus?: 'running' | 'failed' | 'merged' },
) {
  const store = openStore({ path: join(t.testdir(), 'drover.db'), clock: systemClock, bus: createBus() });
  let before = async () => {};
  const deps: PlansDeps = {
    store: {
      ...store,
      write: async (work) => {
        const first = before;
        before = async () => {};
        await first();
        return store.write(work);
      },
    },
    clock: systemClock,
    log: silentLog,
    collectSignals: async () => {},
    settingsOf: async () => ({
      ...settings,
      agentOf: () => undefined,
      verify: [],
      own: 'none',
      templateOf: async () => undefined,
      lapsed: null,
    }),
    runs: {
      start: unused,
      row: () => null,
      cancel: async () => {},
      settle: async () => {},
      canGoOn: () => false,
      outputOf: unused,
    },
    work: {
      currentBase: async () => 'main',
      commitOf: async () => commit,
      branchHead: async () => commit,
      branches: async () => new Map(),
      contains: async () => true,
      standing: async () => 'apart',
      moveBranch: async () => {},
      setAside: async () => {},
      join: unused,
      foreignBranchOf: async () => null,
      publishedBy: async () => [],
      measure: async () => null,
      compare: async () => ({ lines: 0, stat: '', tree: commit }),
    },
  };
  const plans = createPlans(deps);
  t.teardown(async () => {
    await plans.close();
    await store.close();
  });
  await store.write((tx) =>
    insertRepo(tx, { ...repo, path: '/x', pathKey: '/x', trustedHash: null, addedAt: tx.now }),
  );
  await plans.create(repo, { name: 'auth', content: planText([1]) });
  const row = () => store.read((sql) => findPlan(sql, repo.id, 'auth')) as PlanRow;
  const { taskStatus = 'running', ...ofRun } = run;
  await store.write((tx) => {
    updatePlan(tx, row(), { round: 1, wave: 1, headCommit: commit, baseCommit: commit, ...at });
    const { key } = row();
    setPlanTasks(
      tx,
      key,
      planTasks(tx, key).map((task) => ({ ...task, status: taskStatus, attempt: 1 })),
    );
    insertPlanRun(tx, {
      runId: 'run_1',
      planKey: key,
      actionKey: 'k',
      role: 'coder',
      round: 1,
      wave: 1,
      task: 1,
      attempt: 1,
      baseCommit: commit,
      planBase: commit,
      state: 'open',
      startedAt: tx.now,
      ...ofRun,
    });
  });
  return {
    store,
    plans,
    repo,
    row,
    /** Has something happen before the next transaction, when what it writes has been judged. */
    beforeNextWrite: (work: () => Promise<void>) => {
      before = work;
    },
  };
}
