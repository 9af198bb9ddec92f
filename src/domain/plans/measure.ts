import type { PlanEventName } from '../../contract/index.ts';
import type { PlanRow, PlanRunRow } from '../../foundation/store/index.ts';
import type { PlansDeps } from './ports.ts';
import type { PlanFacts } from './state.ts';

/** Measures what a verdict is about: where the branches are, what the judge was shown, and what it changed itself. */
export async function measureFacts(
  { work, runs }: PlansDeps,
  plan: PlanRow,
  { run, event }: { readonly run: PlanRunRow | null; readonly event: PlanEventName },
): Promise<PlanFacts> {
  const head = (await work.branchHead(plan.repoId, plan.branch)) ?? '';
  const base = await work.commitOf(plan.repoId, plan.base).catch(() => plan.baseCommit ?? '');
  const from = plan.baseCommit ?? base;
  const isThere = head !== '' && from !== '';
  const { tree } = isThere ? await work.compare(plan.repoId, from, head) : { tree: '' };
  const row = run === null ? null : runs.row(run.runId);
  const mayMend = event === 'verify_approved' && row !== null && head !== '';
  const selfFix = mayMend
    ? await work.measure(row, { head, title: `${plan.name}: mended while verifying` })
    : null;
  return { head, base, shown: run?.baseCommit ?? null, selfFix, diffHash: `${from}..${tree}` };
}
