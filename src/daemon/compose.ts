import { hostname, userInfo } from 'node:os';
import {
  createBus,
  createLoopLagMeter,
  fileDescriptorRoom,
  type Log,
  type Paths,
  systemClock,
} from '../base/index.ts';
import { type Config, parseBytes, parseDurationMs, runtimes } from '../contract/index.ts';
import { adapterOfRun, findTmux } from '../domain/agents/index.ts';
import { createDelivering, createHooks, type Hooks } from '../domain/hooks/index.ts';
import { createJournal, type Journal } from '../domain/journal/index.ts';
import { checkTemplate, createPlans, type Plans, removeOldPlanRecords } from '../domain/plans/index.ts';
import { createRepos, createWorktrees, type Repos } from '../domain/repos/index.ts';
import {
  createLaunchPort,
  createPolicy,
  createRuns,
  createTreeReader,
  parsePortRange,
  type Runs,
  removeOldRuns,
} from '../domain/runs/index.ts';
import { createMeter, createRemotes, createWorkers } from '../domain/workers/index.ts';
import { createGit } from '../foundation/git/index.ts';
import { findRunByTokenHash, openStore, type Store } from '../foundation/store/index.ts';
import { createTokens, type InlineTokens, issueRunToken, type Tokens } from '../foundation/tokens/index.ts';
import { createHttp, type Http, type Services } from '../http/index.ts';
import { createAgentCatalogue } from './agent-catalogue.ts';
import { formatAddress } from './listen-address.ts';
import { createPlanSignals, type PlanSignals } from './plan-signals.ts';
import { createPlansPort } from './plans-port.ts';
import { createRemoveWork } from './remove-work.ts';
import { logRuns } from './run-log.ts';
import { createRunMeter } from './run-meter.ts';
import { createServices, type Instance, type ReloadFigures, type StatusDeps } from './services/index.ts';
import type { Warnings } from './warnings.ts';
import { createWorkPort } from './work-port.ts';

export type ComposeOptions = {
  readonly paths: Paths;
  readonly instance: Instance;
  readonly config: () => Config;
  readonly configPath: () => string | null;
  readonly phase: StatusDeps['phase'];
  readonly inlineTokens: InlineTokens;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly warnings: Warnings;
  readonly reload: Services['reload'];
  readonly shutdown: Services['shutdown'];
  readonly reloads: () => ReloadFigures;
  readonly droppedLogLines: () => number;
  /** What manages this daemon, as its unit says. */
  readonly service: string | null;
};

/** The daemon's parts, wired. */
export type Composed = {
  readonly store: Store;
  readonly tokens: Tokens;
  readonly repos: Repos;
  readonly runs: Runs;
  readonly plans: Plans;
  readonly signals: PlanSignals;
  readonly hooks: Hooks;
  readonly journal: Journal;
  readonly http: Http;
  /** Removes finished runs beyond the configured limits. */
  readonly retain: () => Promise<void>;
};

/** Wires every room of the daemon. Nothing listens and no run moves yet. Throws what opening the store throws. */
export function compose(options: ComposeOptions): Composed {
  const { paths, config, env, log, warnings } = options;
  const clock = systemClock;
  const bus = createBus();
  const loopLag = createLoopLagMeter();
  const store = openStore({ path: paths.database, clock, bus });
  const runMeter = createRunMeter(store, runtimes);
  logRuns(store, log);
  const git = createGit({ env, log, clock });
  const repos = createRepos({ store, git, clock, log, checkPrompt: checkTemplate });
  const worktrees = createWorktrees({ git, log, stateRoot: paths.stateRoot });
  const launch = createLaunchPort({
    runsFolder: paths.runs,
    clock,
    log,
    inputOf: (run) => (adapterOfRun(run).input === 'none' ? 'none' : 'fifo'),
    findTmux: () => findTmux(env.PATH ?? ''),
  });
  const journal = createJournal({ store, bus, outputFile: launch.outputFile });
  const user = userInfo();
  const agents = createAgentCatalogue({ clock, config, path: env.PATH ?? '' });
  const runs = createRuns({
    store,
    clock,
    log,
    launch,
    work: createWorkPort({ repos, worktrees, paths, env, user }),
    adapterOf: adapterOfRun,
    issueToken: issueRunToken,
    limits: () => ({
      outputBytes: parseBytes(config().run_output_limit),
      idleMs: parseDurationMs(config().idle_timeout),
      pollMs: config().poll_interval_sec * 1000,
      ports: parsePortRange(config().worktree.port_range, config().worktree.ports_per_run),
    }),
    budget: () => ({
      costPerRun: config().budget.max_cost_usd_per_run,
      tokensPerRun: config().budget.max_tokens_per_run,
      costPerDay: config().budget.max_cost_usd_per_day,
      tokensPerDay: config().budget.max_tokens_per_day,
    }),
    policy: createPolicy(config, user.homedir),
    queueLimits: () => ({
      maxRuns: config().max_parallel_runs,
      maxRunsPerRepo: config().max_parallel_runs_per_repo,
      maxRunsPerAgent: new Map(
        Object.entries(config().agents).flatMap(([name, { max_parallel: most = 0 }]) =>
          most > 0 ? [[name, most]] : [],
        ),
      ),
    }),
    newRunContext: () => ({
      chooseAgent: async (name) => agents.choose(name),
      chooseRepo: async (ref, { base, inPlace }) => {
        const repo = await repos.find(ref);
        return {
          id: repo.id,
          project: repo.project,
          base: inPlace ? null : await worktrees.findBase(repo, base),
        };
      },
      defaultTimeout: config().run_timeout,
      now: clock.now(),
    }),
  });
  const plansPort = createPlansPort({ clock, config, repos, worktrees, runs, launch });
  const plans = createPlans({
    store,
    clock,
    log,
    ...plansPort,
    collectSignals: (worktree) => signals.collect(worktree),
  });
  const signals = createPlanSignals({
    store,
    clock,
    log,
    plans,
    findTracked: async ({ repoId, runId }, folders) =>
      worktrees.tracked({ repo: await repos.find(repoId), runId }, folders),
    pollMs: () => config().poll_interval_sec * 1000,
  });
  const onWarning = (key: string, text: string | null) =>
    text === null ? warnings.clear(key) : warnings.set(key, text);
  const { profile, socket } = paths;
  const delivering = createDelivering({ daemonEnv: env, user, profile, socket });
  const hooks = createHooks({ store, clock, log, profile, delivering, onWarning });
  const workers = createWorkers({
    store,
    clock,
    meter: createMeter({ clock, reader: createTreeReader() }),
    remotes: createRemotes(clock),
    findRun: runs.row,
    folder: launch.folder,
    host: hostname(),
  });
  const tokens = createTokens({
    auth: config().auth,
    inline: options.inlineTokens,
    uid: process.getuid?.() ?? 0,
    clock,
    log,
    runTokens: { findRunByTokenHash: (hash) => store.read((sql) => findRunByTokenHash(sql, hash)) },
    onWarning,
  });
  let retention = { outputBytes: 0, lastSuccessAt: 0 };
  const address = () => {
    const tcp = http.address().tcp;
    return tcp === null ? null : formatAddress(tcp);
  };
  const services = createServices({
    ...options,
    clock,
    store,
    repos,
    runs,
    plans,
    planCounts: plans.countsByRepo,
    planSettingsOf: plansPort.settingsOf,
    journal,
    worktrees,
    launch,
    agents: { list: agents.list },
    troubleOfAgent: agents.troubleOf,
    workers,
    tokens,
    address,
    loopLag: loopLag.read,
    runFigures: runMeter.read,
    interruptedRuns: runMeter.interrupted,
    requests: () => http.requests(),
    connections: () => http.counts(),
    retention: () => retention,
    maxRuns: () => config().max_parallel_runs,
    fileDescriptorRoom,
  });
  const http = createHttp({
    services,
    config: () => ({ authMode: config().auth.mode, allowedHosts: config().http.allowed_hosts }),
    log,
    clock,
  });
  const retain = async () => {
    const outputBytes = await removeOldRuns(
      {
        store,
        clock,
        log,
        folder: launch.folder,
        removeWork: createRemoveWork({ repos, worktrees }),
      },
      { days: config().retention_days, bytes: parseBytes(config().retention_bytes) },
    );
    await removeOldPlanRecords(store, { days: config().retention_days, now: clock.now() });
    retention = { outputBytes, lastSuccessAt: clock.now() };
  };
  return { store, tokens, repos, runs, plans, signals, hooks, journal, http, retain };
}
