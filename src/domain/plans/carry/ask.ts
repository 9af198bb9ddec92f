import {
  type ActionRow,
  findPlanRun,
  finishAction,
  getPlan,
  listSignals,
} from '../../../foundation/store/index.ts';
import type { Owed } from '../machine/state.ts';
import type { PlansDeps } from '../ports.ts';
import { ownTemplate } from '../prompts/own-template.ts';
import { renderAsk } from '../prompts/render.ts';
import { signalsOf } from '../signals-of.ts';
import { guidanceOf } from '../state-columns.ts';
import { blockLapsed } from './lapsed.ts';
import { startOwedRun } from './start-run.ts';

/** Asks a run that ended without its signal, once, in the conversation that it had. */
export async function carryAsk(
  deps: PlansDeps,
  action: ActionRow,
  { runId }: Extract<Owed, { readonly kind: 'ask' }>,
): Promise<void> {
  const { store } = deps;
  const settings = await deps.settingsOf(action.repoId);
  if (await blockLapsed(deps, action, settings)) return;
  const { plan, run, refused } = store.read((sql) => {
    const plan = getPlan(sql, action.planKey);
    const said = listSignals(sql, {
      repoId: plan.repoId,
      planKey: plan.key,
      status: 'failed',
      before: null,
      limit: 20,
    });
    return { plan, run: findPlanRun(sql, runId), refused: said.find((one) => one.runId === runId) };
  });
  if (run === undefined || run.role === 'evidence') {
    await store.write((tx) => finishAction(tx, action.key, tx.now));
    return;
  }
  const { role, round, wave, task, attempt, baseCommit } = run;
  const text = renderAsk(
    {
      plan: plan.name,
      role,
      signals: signalsOf({ role, wave, task }, plan.name),
      refusal: refused?.reason ?? null,
      guidance: guidanceOf(plan),
    },
    await ownTemplate(settings, 'ask'),
  );
  await startOwedRun(deps, action, {
    plan,
    request: { prompt: text, session_id: runId, run_label: `${plan.name} ${role}: asked` },
    as: { role, round, wave, task, attempt, baseCommit, state: 'asked' },
  });
}
