/**
 * Removes work trees one after the other, as the daemon does, until it is done or killed: `node worktree-remover.ts
 * PLAN`. It says `begin RUN` and `end RUN`. The plan may have it kill itself at the n-th call of git from the first run
 * on: before the call, after it, or while git is at work, which then goes on without it. It says `kill POINT` first.
 */
import { writeSync } from 'node:fs';
import { silentLog } from '../../src/base/index.ts';
import { createWorktrees, type WorktreeRepo } from '../../src/domain/repos/index.ts';
import { createGit, type Git } from '../../src/foundation/git/index.ts';

export type RemovalPlan = {
  readonly stateRoot: string;
  readonly repo: WorktreeRepo;
  readonly runIds: readonly string[];
  readonly kill: {
    readonly call: number;
    readonly when: 'before' | 'during' | 'after';
    readonly pauseMs: number;
  } | null;
};

const plan = JSON.parse(process.argv[2] ?? '') as RemovalPlan;
const say = (line: string) => writeSync(1, `${line}\n`);
const real = createGit({ env: process.env, log: silentLog });
let calls = 0;

const die = (when: string, args: readonly string[]) => {
  say(`kill ${when} ${args[0]}`);
  process.kill(process.pid, 'SIGKILL');
};
const git: Git = {
  ...real,
  run: async (cwd, args, call) => {
    const isMine = plan.kill?.call === calls++;
    if (isMine && plan.kill?.when === 'before') die('before', args);
    const result = real.run(cwd, args, call);
    if (isMine && plan.kill?.when === 'during') {
      await new Promise((resolve) => setTimeout(resolve, plan.kill?.pauseMs));
      die('during', args);
    }
    const done = await result;
    if (isMine && plan.kill?.when === 'after') die('after', args);
    return done;
  },
};

const worktrees = createWorktrees({ git, log: silentLog, stateRoot: plan.stateRoot });
for (const runId of plan.runIds) {
  say(`begin ${runId}`);
  const { removed, reason } = await worktrees.saveAndRemove({ repo: plan.repo, runId });
  if (!removed) throw new Error(`${runId} was kept: ${reason}`);
  say(`end ${runId}`);
}
