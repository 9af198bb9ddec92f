import { AppError, isAppError, type Repo } from '../../contract/index.ts';
import type { Journal } from '../../domain/journal/index.ts';
import type { Plans } from '../../domain/plans/index.ts';
import type { Worktrees } from '../../domain/repos/index.ts';
import { type LaunchPort, placeIdOf, reportUsage } from '../../domain/runs/index.ts';
import type { Workers } from '../../domain/workers/index.ts';
import { countPlansOfRepo, liveRuns } from '../../foundation/store/index.ts';
import type { Tokens } from '../../foundation/tokens/index.ts';
import type { Services } from '../../http/index.ts';
import { applyRun } from './apply.ts';
import { createIdempotency, storeAnswer } from './idempotency.ts';
import { createMachineReader } from './machine.ts';
import { describeMetrics, type MetricsDeps } from './metrics.ts';
import { createPlanServices, type PlanServicesDeps } from './plans.ts';
import { openRunLog } from './run-logs.ts';
import { describeStatus, withPlans } from './status.ts';
import { createWorkerServices } from './workers.ts';
import { createWorktreeServices } from './worktrees/index.ts';

export type { ReloadFigures, RetentionFigures } from './metrics.ts';
export type { Instance, StatusDeps } from './status.ts';

export type ServicesDeps = MetricsDeps & {
  readonly journal: Journal;
  readonly plans: Plans;
  readonly planSettingsOf: PlanServicesDeps['planSettingsOf'];
  readonly worktrees: Worktrees;
  readonly launch: LaunchPort;
  readonly workers: Workers;
  readonly tokens: Tokens;
  readonly agents: Services['agents'];
  readonly reload: Services['reload'];
  readonly shutdown: Services['shutdown'];
  readonly fileDescriptorRoom: () => number;
};

/**
 * File descriptors that must be free for a run to be taken: a launch at its peak takes up to 12 (git's pipes, the spawn,
 * files), another may be under way at the same time, and a run that goes on keeps 4 (output, errors, input, watch).
 */
export const launchRoom = 2 * 12 + 4;

/** The daemon's rooms as the control plane wants them. */
export function createServices(deps: ServicesDeps): Services {
  const { store, clock, repos, runs, journal, worktrees } = deps;
  const idempotency = createIdempotency(store, clock);
  /** Before the runs are taken over, and after they are let go, nobody is there to carry out what changes one. */
  const assertReady = () => {
    const phase = deps.phase();
    if (phase === 'ready') return;
    const [what, hint] =
      phase === 'starting'
        ? ['The daemon is starting', 'try again in a moment']
        : ['The daemon is stopping', 'try again when it is back'];
    throw new AppError('draining', what, { hint });
  };
  const told = (repo: Repo): Repo => withPlans([repo], deps.planCounts)[0] ?? repo;
  const cancelRun: Services['runs']['cancel'] = async (ref, by) => {
    assertReady();
    return runs.cancel(ref, by);
  };
  const runLogs: Services['runs']['logs'] = async (ref, options) =>
    openRunLog({ ...deps, logsFolder: deps.paths.logs }, runs.row(ref), options);
  return {
    isReady: () => deps.phase() === 'ready',
    status: () => describeStatus(deps),
    metrics: () => describeMetrics(deps),
    machine: createMachineReader(deps.paths.stateRoot, clock),
    reload: deps.reload,
    shutdown: deps.shutdown,
    assertRoomToStart: () => {
      assertReady();
      const room = deps.fileDescriptorRoom();
      if (room >= launchRoom) return;
      throw new AppError('busy', `Only ${room} file descriptors are left, and a run needs ${launchRoom}`, {
        hint: 'try again, close idle connections, or raise the limit of open files',
      });
    },
    agents: deps.agents,
    repos: {
      list: async ({ path, ...options }) => {
        const page =
          path === undefined
            ? await repos.list(options)
            : { items: [await repos.show(path)], next_cursor: null };
        return { ...page, items: withPlans(page.items, deps.planCounts) };
      },
      show: async (ref) => told(await repos.show(ref)),
      add: async (body, key) =>
        told(
          await repos.add(body, key === null ? undefined : (tx, repo) => storeAnswer(tx, key, told(repo))),
        ),
      update: async (ref, patch) => {
        const repo = await repos.update(ref, patch);
        // Not undone when it fails: the same request again goes on from here.
        if (patch.path !== undefined) await worktrees.repair(await repos.find(repo.id));
        return told(repo);
      },
      remove: async (ref, { keepRuns }) => {
        assertReady();
        const repo = await repos.find(ref);
        const canceled: string[] = [];
        const cancel = async ({ id }: { readonly id: string }) => {
          try {
            await runs.cancel(id, 'the removal of its repository');
            canceled.push(id);
          } catch (error) {
            if (!isAppError(error, 'run_ended')) throw error; // it ended by itself meanwhile
          }
        };
        await repos.remove(repo.id); // first, so that none of its plans starts another run instead
        const live = store.read(liveRuns).filter((run) => run.repoId === repo.id);
        if (!keepRuns) await Promise.all(live.map(cancel));
        return {
          canceled_runs: canceled,
          kept_worktrees: await worktrees.list(repo.id),
          kept_plans: store.read((sql) => countPlansOfRepo(sql, repo.id)),
        };
      },
    },
    runs: {
      list: async ({ limit, cursor, status, repo, session }) => {
        const repoId = repo === undefined ? undefined : (await repos.find(repo)).id;
        return runs.list({ limit, cursor, status, repoId, session });
      },
      show: async (ref) => runs.show(ref),
      start: async (body, key) => {
        assertReady();
        return runs.start(body, key === null ? undefined : (tx, run) => storeAnswer(tx, key, run));
      },
      retry: async (ref, body, key) => {
        assertReady();
        return runs.retry(ref, body, key === null ? undefined : (tx, run) => storeAnswer(tx, key, run));
      },
      cancel: cancelRun,
      send: async (ref, text, key) => {
        assertReady();
        return runs.send(ref, text, key === null ? undefined : (tx, sent) => storeAnswer(tx, key, sent));
      },
      logs: runLogs,
      diff: async (ref) => {
        const run = runs.row(ref);
        if (run.repoId === null || run.baseCommit === null) {
          throw new AppError('repo_unusable', `The run ${run.id} has no repository to compare with`, {
            hint: 'only a run in a repository has a diff',
          });
        }
        const { patch } = await worktrees.diff({
          repo: await repos.find(run.repoId),
          runId: run.inPlace ? null : placeIdOf(run),
          branch: run.branch,
          baseCommit: run.baseCommit,
        });
        return Uint8Array.from(patch);
      },
      apply: async (ref, options) => {
        assertReady();
        return applyRun(deps, ref, options);
      },
    },
    worktrees: createWorktreeServices(deps, assertReady),
    workers: createWorkerServices({ workers: deps.workers, runs: { cancel: cancelRun, logs: runLogs } }),
    plans: createPlanServices(deps, assertReady),
    usage: async (query) => reportUsage(store, query),
    approvals: {
      list: async (options) => runs.approvals(options),
      show: async (ref) => runs.approval(ref),
      resolve: async (ref, body, by) => {
        assertReady();
        return runs.resolve(ref, body, by);
      },
    },
    journal,
    tokens: { check: deps.tokens.check },
    idempotency,
  };
}
