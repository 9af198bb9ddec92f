/** The room of plans with its real store; git and runs are what a test says they are. */
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Clock, createBus, silentLog, systemClock } from '../../src/base/index.ts';
import { AppError, type PlanEventName } from '../../src/contract/index.ts';
import { createPlans, type PlansDeps } from '../../src/domain/plans/index.ts';
import type { Owed } from '../../src/domain/plans/machine/state.ts';
import { planSettings } from '../../src/domain/plans/settings.ts';
import { defaultConfig } from '../../src/foundation/config/index.ts';
import {
  findPlan,
  getPlan,
  insertPlanRun,
  insertRepo,
  openActions,
  openStore,
  type PlanRow,
  type PlanRunRow,
  type PlanTaskRow,
  planTasks,
  type RunRow,
  setPlanTasks,
  updatePlan,
} from '../../src/foundation/store/index.ts';
import { planText } from './plan-text.ts';
import { until } from './until.ts';

/** Where branches are unless a test says otherwise. */
export const baseCommit = 'a'.repeat(40);
export const nextCommit = 'c'.repeat(40);

const repo = { id: 'repo_1', project: 'shop' };
const person = { speaker: { kind: 'person' } } as const;

/** A run that has ended well, with a branch and a worktree. */
export const endedRun = (id: string) =>
  ({
    id,
    repoId: repo.id,
    status: 'succeeded',
    runtime: 'acp',
    branch: `drover/${id}`,
    worktree: null,
    endedAt: 1,
  }) as unknown as RunRow;

/** The start of the first coder of a task in wave 1. */
export const startOf = (task: number): Owed => ({
  kind: 'spawn',
  role: 'coder',
  round: 1,
  wave: 1,
  task,
  attempt: 1,
});

/** A start that no repetition mends. */
export const noAgent = async (): Promise<never> => {
  throw new AppError('no_agent', 'no agent was found');
};

/** Fails with a word about who asked for it: a test that comes here has not said what it wants. */
const unused = (what: string) => () => {
  throw new Error(`nobody said what ${what} does`);
};

export type RoomOptions = {
  readonly work?: Partial<PlansDeps['work']>;
  readonly runs?: Partial<PlansDeps['runs']>;
  readonly settings?: Partial<Awaited<ReturnType<PlansDeps['settingsOf']>>>;
  readonly clock?: Clock;
  /** Task numbers of each wave of its plan. */
  readonly waves?: readonly (readonly number[])[];
};

/** A clock on which every pause is over at once. */
export function hastyClock(): Clock {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    monotonic: systemClock.monotonic,
    sleep: async (ms, signal) => {
      if (ms >= 600_000) return systemClock.sleep(ms, signal); // a deadline, not a pause
      await systemClock.sleep(1, signal);
      ahead += ms;
    },
  };
}

/** The room, with one plan `auth`: of one wave with two tasks unless told. */
export async function plansRoom(
  t: Test,
  { work, runs, settings, clock = systemClock, waves = [[1, 2]] }: RoomOptions = {},
) {
  const store = openStore({ path: join(t.testdir(), 'drover.db'), clock, bus: createBus() });
  let beforeWrite = async () => {};
  const deps: PlansDeps = {
    store: {
      ...store,
      write: async (work) => {
        const first = beforeWrite;
        beforeWrite = async () => {};
        await first();
        return store.write(work);
      },
    },
    clock,
    log: silentLog,
    collectSignals: async () => {},
    work: {
      currentBase: async () => 'main',
      commitOf: async () => baseCommit,
      branchHead: async () => baseCommit,
      branches: async () => new Map(),
      contains: async () => true,
      standing: async () => 'apart',
      moveBranch: async () => {},
      setAside: async () => {},
      join: unused('join'),
      foreignBranchOf: async () => null,
      publishedBy: async () => [],
      measure: async () => null,
      compare: async () => ({ lines: 0, stat: '', tree: baseCommit }),
      ...work,
    },
    runs: {
      start: unused('start'),
      row: endedRun,
      cancel: async () => {},
      settle: async () => {},
      canGoOn: () => false,
      outputOf: unused('outputOf'),
      ...runs,
    },
    settingsOf: async () => ({
      ...planSettings(defaultConfig()),
      agentOf: () => undefined,
      verify: [],
      own: 'none',
      ownProblem: null,
      templateOf: async () => undefined,
      lapsed: null,
      ...settings,
    }),
  };
  const plans = createPlans(deps);
  t.teardown(async () => {
    await plans.close();
    await store.close();
  });
  await store.write((tx) =>
    insertRepo(tx, { ...repo, path: '/shop', pathKey: '/shop', trustedHash: null, addedAt: 1 }),
  );
  await plans.create(repo, { name: 'auth', content: planText(...waves) });

  const row = (): PlanRow => {
    const found = store.read((sql) => findPlan(sql, repo.id, 'auth'));
    if (found === undefined) throw new Error('the plan is gone');
    return found;
  };
  const owed = () => store.read((sql) => openActions(sql, row().key));
  return {
    deps,
    store,
    plans,
    repo,
    row,
    owed,
    task: (number: number) =>
      store.read((sql) => planTasks(sql, row().key)).find((one) => one.number === number),
    /** Sets the plan as an earlier life has left it: begun, at `baseCommit`. */
    set: (change: Partial<PlanRow>, tasks: Partial<PlanTaskRow> = {}) =>
      store.write((tx) => {
        const { key } = row();
        updatePlan(tx, getPlan(tx, key), {
          status: 'implementing',
          phase: 'wave_running',
          wave: 1,
          round: 1,
          headCommit: baseCommit,
          baseCommit,
          ...change,
        });
        setPlanTasks(
          tx,
          key,
          planTasks(tx, key).map((one) => ({ ...one, ...tasks })),
        );
      }),
    ran: (runId: string, change: Partial<PlanRunRow> = {}) =>
      store.write((tx) =>
        insertPlanRun(tx, {
          runId,
          planKey: row().key,
          actionKey: runId,
          role: 'coder',
          round: 1,
          wave: 1,
          task: 1,
          attempt: 1,
          baseCommit,
          planBase: null,
          state: 'closed',
          startedAt: 1,
          ...change,
        }),
      ),
    say: (event: PlanEventName, more: { readonly task?: number; readonly body?: string } = {}) =>
      plans.say(repo, { plan: 'auth', event, ...more }, person),
    /** Has something happen before the next transaction, when what it writes has been judged. */
    beforeNextWrite: (work: () => Promise<void>) => {
      beforeWrite = work;
    },
    /** Waits until something that is owed was given up. */
    givenUp: () => until('something to be given up', () => owed().find(({ status }) => status === 'dead')),
  };
}
