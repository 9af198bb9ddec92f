/**
 * Removes work trees one after the other, as the daemon does, until it is done or killed: `node worktree-remover.ts
 * PLAN`. It says `begin RUN` and `end RUN`, and may be planned to kill itself.
 */
import { silentLog } from '../../src/base/index.ts';
import { createWorktrees, type WorktreeRepo } from '../../src/domain/repos/index.ts';
import { createDyingGit, type DeathPlan, say } from './dying-git.ts';

export type RemovalPlan = {
  readonly stateRoot: string;
  readonly repo: WorktreeRepo;
  readonly runIds: readonly string[];
  readonly kill: DeathPlan | null;
};

const plan = JSON.parse(process.argv[2] ?? '') as RemovalPlan;
const git = createDyingGit(plan.kill);
const worktrees = createWorktrees({ git, log: silentLog, stateRoot: plan.stateRoot });
for (const runId of plan.runIds) {
  say(`begin ${runId}`);
  const { removed, reason } = await worktrees.saveAndRemove({ repo: plan.repo, runId });
  if (!removed) throw new Error(`${runId} was kept: ${reason}`);
  say(`end ${runId}`);
}
