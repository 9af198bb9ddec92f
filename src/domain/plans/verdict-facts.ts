import type { PlanEventName } from '../../contract/index.ts';
import { type PlanRow, type PlanRunRow, planRuns } from '../../foundation/store/index.ts';
import type { PlanFacts } from './machine/state.ts';
import type { PlansDeps } from './ports.ts';

/** Measures what a verdict is about: where the branches are, what the judge was shown, and what it changed itself. */
export async function measureFacts(
  { store, work, runs }: PlansDeps,
  plan: PlanRow,
  { run, event }: { readonly run: PlanRunRow | null; readonly event: PlanEventName },
): Promise<PlanFacts> {
  const head = (await work.branchHead(plan.repoId, plan.branch)) ?? '';
  const seen = run === null ? null : store.read((sql) => baseOfRound(planRuns(sql, plan.key), run.round));
  const base = seen ?? (await work.commitOf(plan.repoId, plan.base).catch(() => plan.baseCommit ?? ''));
  const from = plan.baseCommit ?? base;
  const isThere = head !== '' && from !== '';
  const { tree } = isThere ? await work.compare(plan.repoId, from, head) : { tree: '' };
  const row = run === null ? null : runs.row(run.runId);
  const mayMend = event === 'verify_approved' && row !== null && head !== '';
  // What it did on a branch that is not its own is not its own work, and is not taken.
  const isItsOwn = mayMend && (await work.foreignBranchOf(row, plan)) === null;
  const mended = isItsOwn
    ? await work.measure(row, { head, title: `${plan.name}: mended while verifying` })
    : null;
  const selfFix = mended && { ...mended, branch: row?.branch ?? null };
  return { head, base, shown: run?.baseCommit ?? null, selfFix, diffHash: `${from}..${tree}` };
}

/** Where the base was when the judging began: by the commands, or by the first who judges. What came since, nobody saw. */
function baseOfRound(runs: readonly PlanRunRow[], round: number): string | null {
  return runs.find((run) => run.round === round)?.planBase ?? null;
}
