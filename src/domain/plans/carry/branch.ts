import { AppError } from '../../../contract/index.ts';
import {
  type ActionRow,
  getPlan,
  type PlanRow,
  type Transaction,
  updatePlan,
} from '../../../foundation/store/index.ts';
import { blockPlan, finish } from '../change.ts';
import type { Owed } from '../machine/state.ts';
import type { PlansDeps } from '../ports.ts';

/**
 * The plan with its branch, which is made where it has none. After a crash between the two, the branch is there already:
 * it is taken for the plan's own only where it is where the plan would begin.
 */
export async function ensureBranch({ store, work }: PlansDeps, plan: PlanRow): Promise<PlanRow> {
  if (plan.headCommit !== null) return plan;
  const base = await work.commitOf(plan.repoId, plan.base);
  const there = await work.branchHead(plan.repoId, plan.branch);
  if (there !== null && there !== base)
    throw new AppError(
      'plan_refused',
      `the branch ${plan.branch} is there already, at ${there.slice(0, 10)}: rename or delete it, then drover plan retry ${plan.name}`,
    );
  if (there === null) await work.moveBranch(plan.repoId, { branch: plan.branch, from: null, to: base });
  return store.write((tx) => {
    const now = getPlan(tx, plan.key);
    if (now.headCommit === null)
      updatePlan(tx, now, { baseCommit: base, headCommit: base, updatedAt: tx.now });
    return getPlan(tx, plan.key);
  });
}

/** Takes the branch to a commit that is ahead of it: what a verifier has mended. */
export async function carryAdvance(
  { store, work }: PlansDeps,
  action: ActionRow,
  { from, to }: Extract<Owed, { readonly kind: 'advance_branch' }>,
): Promise<void> {
  const plan = store.read((sql) => getPlan(sql, action.planKey));
  const now = await work.branchHead(plan.repoId, plan.branch);
  if (now !== to) await work.moveBranch(plan.repoId, { branch: plan.branch, from, to });
  await store.write((tx) => {
    updatePlan(tx, getPlan(tx, plan.key), { headCommit: to, updatedAt: tx.now });
    finish(tx, action);
  });
}

/** Keeps what the branch holds under another name, so that the plan may begin anew. */
export async function carryRenew(
  { store, work }: PlansDeps,
  action: ActionRow,
  { round }: Extract<Owed, { readonly kind: 'renew_branch' }>,
): Promise<void> {
  const plan = store.read((sql) => getPlan(sql, action.planKey));
  await work.setAside(plan.repoId, { branch: plan.branch, aside: `${plan.id}/${round}` });
  await store.write((tx) => {
    updatePlan(tx, getPlan(tx, plan.key), { headCommit: null, baseCommit: null, updatedAt: tx.now });
    finish(tx, action);
  });
}

/** What a plan whose branch somebody else moved waits for. */
export function blockMoved(tx: Transaction, plan: PlanRow, commit: string | null): void {
  blockPlan(tx, plan.key, movedWords(plan, commit));
}

/** What a person is told of a branch that somebody else moved. */
export function movedWords({ name, branch, headCommit }: PlanRow, commit: string | null): string {
  const back = `git update-ref refs/heads/${branch} ${headCommit}`;
  return commit === null
    ? `the branch ${branch} is gone: make it again with \`${back}\`, then drover plan decide ${name}`
    : `the branch ${branch} is at ${commit.slice(0, 10)}, where drover did not put it: go on from there with drover plan decide ${name}, or first put it back with \`${back}\``;
}
