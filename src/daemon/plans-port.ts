import { type Clock, openIfThere } from '../base/index.ts';
import { type Config, isAppError } from '../contract/index.ts';
import {
  type PlanRuns,
  type PlansDeps,
  type PlanWork,
  planSettings,
  type RepoPlanSettings,
} from '../domain/plans/index.ts';
import {
  type OwnSettings,
  type RegisteredRepo,
  type Repos,
  readOwnSettings,
  type Worktrees,
} from '../domain/repos/index.ts';
import { type LaunchPort, placeIdOf, type Runs } from '../domain/runs/index.ts';

/** Between two looks whether a run has ended that is about to. */
const settleLookMs = 50;
/** Of a file that is read to its end. */
const pieceBytes = 2 ** 20;

export type PlansPortOptions = {
  readonly clock: Clock;
  readonly config: () => Config;
  readonly repos: Repos;
  readonly worktrees: Worktrees;
  readonly runs: Runs;
  readonly launch: Pick<LaunchPort, 'outputFile'>;
};

/** What plans need of the rooms beside them. */
export function createPlansPort(options: PlansPortOptions): Pick<PlansDeps, 'work' | 'runs' | 'settingsOf'> {
  return { work: createWork(options), runs: createPlanRuns(options), settingsOf: settingsReader(options) };
}

function createWork({ repos, worktrees, runs }: PlansPortOptions): PlanWork {
  const placeOf = async (run: Parameters<PlanWork['join']>[0]) => ({
    repo: await repos.find(run.repoId ?? ''),
    runId: placeIdOf(run),
    branch: run.branch,
  });
  return {
    currentBase: async (repoId) => {
      const { branch, baseCommit } = await worktrees.describeMain(await repos.find(repoId));
      return branch ?? baseCommit ?? 'HEAD';
    },
    commitOf: async (repoId, base) => worktrees.findBase(await repos.find(repoId), base),
    branchHead: async (repoId, branch) => worktrees.branchHead(await repos.find(repoId), branch),
    branches: async (repoId) => worktrees.branches(await repos.find(repoId)),
    contains: async (repoId, of) => worktrees.contains(await repos.find(repoId), of),
    standing: async (repoId, of) => worktrees.standing(await repos.find(repoId), of),
    moveBranch: async (repoId, move) => worktrees.moveBranch(await repos.find(repoId), move),
    setAside: async (repoId, of) => worktrees.setBranchAside(await repos.find(repoId), of),
    join: async (run, { branch, ...onto }) =>
      worktrees.joinOntoPlan({ ...(await placeOf(run)), ...onto, target: branch }),
    foreignBranchOf: async (run, { branch, base }) => {
      const place = await placeOf(run);
      const { createdAt } = place.runId === run.id ? run : runs.row(place.runId);
      const taken = [branch, shortName(base)];
      return worktrees.foreignBranch({ ...place, taken, since: createdAt });
    },
    publishedBy: async (run, { from, base }) => {
      const place = await placeOf(run);
      const { createdAt } = place.runId === run.id ? run : runs.row(place.runId);
      return worktrees.published({ ...place, from, base: shortName(base), since: createdAt });
    },
    measure: async (run, of) => worktrees.measure({ ...(await placeOf(run)), ...of }),
    compare: async (repoId, from, to) => worktrees.compare(await repos.find(repoId), from, to),
  };
}

function shortName(branch: string): string {
  return branch.replace(/^refs\/heads\//, '');
}

function createPlanRuns({ runs, launch, clock }: PlansPortOptions): PlanRuns {
  const row: PlanRuns['row'] = (id) => {
    try {
      return runs.row(id);
    } catch (error) {
      if (isAppError(error, 'run_not_found')) return null; // retention has taken it
      throw error;
    }
  };
  const isLive = (id: string) => row(id)?.endedAt === null;
  const cancel: PlanRuns['cancel'] = async (id, by) => {
    try {
      await runs.cancel(id, by);
    } catch (error) {
      if (!isAppError(error, 'run_ended')) throw error; // it ended by itself meanwhile
    }
  };
  return {
    start: runs.start,
    row,
    cancel,
    settle: async (id, { graceMs, by, signal }) => {
      const until = clock.monotonic() + graceMs;
      while (isLive(id)) {
        if (clock.monotonic() > until) return cancel(id, by);
        await clock.sleep(settleLookMs, signal);
      }
    },
    canGoOn: runs.canGoOn,
    outputOf: (run, stream) => piecesOf(launch.outputFile(run.id, stream)),
  };
}

/** A file as it is now, piece by piece; nothing where there is none. */
async function* piecesOf(path: string): AsyncIterable<Buffer> {
  const file = await openIfThere(path);
  if (file === null) return;
  try {
    const { size } = await file.stat();
    if (size === 0) return;
    yield* file.createReadStream({ end: size - 1, highWaterMark: pieceBytes, autoClose: false });
  } finally {
    await file.close();
  }
}

/**
 * What holds while the repository's own rules are in doubt: whatever they say, nothing is promoted, left unverified or
 * begun by the operator's, which may be laxer.
 */
const whileLapsed = {
  onExhausted: 'block',
  autoReadinessReview: true,
  autoImplement: false,
  selfFixMaxLines: 0,
} as const satisfies Partial<RepoPlanSettings>;

/** The operator's settings, and over them the repository's own where a person trusts those as they stand. */
function settingsReader({ config, repos }: PlansPortOptions): PlansDeps['settingsOf'] {
  return async (repoId): Promise<RepoPlanSettings> => {
    const repo = await repos.find(repoId);
    const settings = await readOwnSettings(repo);
    const isOwn = settings.kind === 'read' && settings.isTrusted;
    const notOwn = settings.kind === 'read' ? 'untrusted' : settings.kind;
    const own: Partial<Config> = isOwn ? withoutGaps(settings.config) : {};
    const roles = { ...config().roles, ...(isOwn ? settings.config.roles : {}) };
    const verify = isOwn ? settings.config.verify.commands : [];
    const lapsed = lapsedOf(repo, settings);
    return {
      ...planSettings({ ...config(), ...own, roles }),
      agentOf: (role) => roles[role],
      own: isOwn ? 'used' : notOwn,
      ownProblem: settings.kind === 'broken' ? settings.problem : null,
      verify: verify.length > 0 ? verify : config().verify.commands,
      ...(lapsed === null ? {} : whileLapsed),
      templateOf: async (role) => (isOwn ? settings.prompts.get(role) : undefined),
      lapsed,
    };
  };
}

/** Null as well for a repository that was never trusted: its settings have not counted before either. */
function lapsedOf({ path, trusted, trustedHash }: RegisteredRepo, settings: OwnSettings): string | null {
  const isTrusted = settings.kind === 'read' ? settings.isTrusted : trusted;
  if (trustedHash === null || isTrusted) return null;
  return `.drover/config.toml, or a prompt beside it, has changed since it was trusted: look at it, then drover daemon trust ${path}`;
}

/** Only the keys that say something. */
function withoutGaps({
  worktree: _,
  roles: _roles,
  verify: _verify,
  ...keys
}: Extract<OwnSettings, { readonly kind: 'read' }>['config']): Partial<Config> {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
}
