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
 * The plan with its branch, which is made where it has none. Where it begins is stored first: after a crash the branch may
 * be there already, and is the plan's own only where the plan would begin.
 */
export async function ensureBranch({ store, work }: PlansDeps, plan: PlanRow): Promise<PlanRow> {
  if (plan.headCommit !== null) return plan;
  const { repoId, branch } = plan;
  const base = plan.baseCommit ?? (await work.commitOf(repoId, plan.base));
  if (plan.baseCommit === null) await store.write((tx) => noteBeginning(tx, plan, { baseCommit: base }));
  const there = await work.branchHead(repoId, branch);
  if (there !== null && there !== base)
    throw new AppError(
      'plan_refused',
      `the branch ${branch} is there already, at ${there.slice(0, 10)}: rename or delete it, then drover plan retry ${plan.name}`,
    );
  if (there === null) await work.moveBranch(repoId, { branch, from: null, to: base });
  return store.write((tx) => {
    noteBeginning(tx, plan, { headCommit: base });
    return getPlan(tx, plan.key);
  });
}

/** Throws where somebody has given the plan another base meanwhile: it is tried again with that. */
function noteBeginning(tx: Transaction, plan: PlanRow, change: Partial<PlanRow>): void {
  const now = getPlan(tx, plan.key);
  if (now.base !== plan.base) throw new Error(`the base of the plan is ${now.base} now`);
  if (now.headCommit === null) updatePlan(tx, now, { ...change, updatedAt: tx.now });
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
