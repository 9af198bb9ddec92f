import { type Clock, type Paths, toTimestamp } from '../../base/index.ts';
import type { Config, Repo, RunStatus, Status } from '../../contract/index.ts';
import type { Repos } from '../../domain/repos/index.ts';
import type { Runs } from '../../domain/runs/index.ts';
import {
  countParkedRuns,
  countPendingApprovals,
  failingActions,
  type planCountsByRepo,
  type Store,
} from '../../foundation/store/index.ts';
import type { Warnings } from '../warnings.ts';

/** What stays the same for the life of this daemon. */
export type Instance = {
  readonly id: string;
  readonly version: string;
  readonly startedAt: number;
  readonly startedMonotonic: number;
};

export type StatusDeps = {
  readonly instance: Instance;
  readonly paths: Paths;
  readonly clock: Clock;
  readonly store: Store;
  readonly repos: Repos;
  readonly runs: Runs;
  readonly warnings: Warnings;
  /** Null while the file is missing and defaults hold. */
  readonly configPath: () => string | null;
  readonly address: () => string | null;
  readonly phase: () => 'starting' | 'ready' | 'draining';
  readonly service: string | null;
  /** Runs that ended interrupted since the start. */
  readonly interruptedRuns: () => number;
  readonly planCounts: () => PlanCounts;
  /** Why an agent of this name cannot be started; null where it can. */
  readonly troubleOfAgent: (name: string) => string | null;
  readonly config: () => Pick<Config, 'roles' | 'default_agent'>;
};

/** By repository. */
export type PlanCounts = ReturnType<typeof planCountsByRepo>;

/** The repositories with what is known of their plans, which their own room cannot tell. */
export function withPlans(repos: readonly Repo[], planCounts: StatusDeps['planCounts']): Repo[] {
  const counts = planCounts();
  return repos.map((repo) => {
    const { active, blocked, waiting } = counts.get(repo.id) ?? { active: 0, blocked: 0, waiting: 0 };
    return { ...repo, active_plans: active, plans_blocked: blocked, plans_waiting: waiting };
  });
}

/** What `GET /v1/status` answers. */
export async function describeStatus(deps: StatusDeps): Promise<Status> {
  const { instance, paths, clock, store, repos, runs, warnings } = deps;
  const items = withPlans((await repos.list({ limit: 0, cursor: undefined })).items, deps.planCounts);
  const counts = runs.counts();
  const count = (status: RunStatus) => counts.get(status) ?? 0;
  const gone = items
    .filter((repo) => repo.missing)
    .map((repo) => `The repository ${repo.path} (${repo.project}) is missing`);
  const broken = items.flatMap(({ project, own_config: own }) =>
    own?.problem ? [`The own configuration of ${project} is not used: ${own.problem.split('\n')[0]}`] : [],
  );
  return {
    running: true,
    ready: deps.phase() === 'ready',
    draining: deps.phase() === 'draining',
    version: instance.version,
    pid: process.pid,
    uptime_sec: Math.round(clock.monotonic() - instance.startedMonotonic) / 1000,
    started_at: toTimestamp(instance.startedAt),
    profile: paths.profile,
    instance_id: instance.id,
    socket: paths.socket,
    address: deps.address(),
    state_root: paths.stateRoot,
    config: deps.configPath(),
    service: deps.service,
    repo_count: items.length,
    repos: items,
    runs: {
      queued: count('queued'),
      starting: count('starting'),
      running: count('running'),
      waiting: count('waiting'),
      parked: store.read(countParkedRuns),
    },
    runs_interrupted: deps.interruptedRuns(),
    approvals_pending: store.read(countPendingApprovals),
    plans_blocked: items.reduce((sum, repo) => sum + repo.plans_blocked, 0),
    last_seq: store.lastSeq(),
    warnings: [
      ...warnings.list(),
      ...gone,
      ...broken,
      ...unusedPrompts(items),
      ...unknownAgents(deps, items),
      ...failingPlans(store, items),
    ],
  };
}

/** Prompts of trusted repositories that no agent is told. */
export function unusedPrompts(repos: readonly Repo[]): string[] {
  return repos.flatMap(({ project, trusted, own_config: own }) =>
    trusted && own !== null ? own.unused.map((line) => `Of ${project}, ${line}`) : [],
  );
}

/** Plans that do not move, as what they owe fails and is tried again. */
function failingPlans(store: Store, repos: readonly Repo[]): string[] {
  return store.read(failingActions).map(({ repoId, plan, error }) => {
    const project = repos.find(({ id }) => id === repoId)?.project ?? repoId;
    return `The plan ${plan} of ${project} does not move, and is tried again: ${error.split('\n')[0]}`;
  });
}

/** Names of agents in the configuration, and in that of trusted repositories, that no run could be started with. */
function unknownAgents({ config, troubleOfAgent }: StatusDeps, repos: readonly Repo[]): string[] {
  const { roles, default_agent: byDefault } = config();
  const named: [where: string, agent: string | undefined][] = [
    ['default_agent', byDefault],
    ...rolesOf('', roles),
    ...repos.flatMap(({ project, trusted, own_config: own }) =>
      trusted && own !== null ? rolesOf(` of ${project}`, own.roles) : [],
    ),
  ];
  return named.flatMap(([where, agent]) => {
    const trouble = agent === undefined || agent === '' ? null : troubleOfAgent(agent);
    return trouble === null ? [] : [`${where} names an agent that cannot be started: ${trouble}`];
  });
}

function rolesOf(of: string, roles: Readonly<Record<string, string | undefined>>) {
  return Object.entries(roles).map(([role, agent]): [string, string | undefined] => [
    `[roles] ${role}${of}`,
    agent,
  ]);
}
