/** Applies the work of a run, as the daemon does, until it is done or killed: `node work-applier.ts PLAN`. */
import { silentLog } from '../../src/base/index.ts';
import { createWorktrees, type Worktrees } from '../../src/domain/repos/index.ts';
import { createDyingGit, type DeathPlan, say } from './dying-git.ts';

export type ApplyPlan = {
  readonly stateRoot: string;
  readonly wanted: Parameters<Worktrees['apply']>[0];
  readonly kill: DeathPlan | null;
};

const plan = JSON.parse(process.argv[2] ?? '') as ApplyPlan;
const git = createDyingGit(plan.kill);
const worktrees = createWorktrees({ git, log: silentLog, stateRoot: plan.stateRoot });
const { isChanged } = await worktrees.apply(plan.wanted);
say(isChanged ? 'applied' : 'nothing');
