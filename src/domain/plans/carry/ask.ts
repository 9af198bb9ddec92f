import {
  type ActionRow,
  findPlanRun,
  finishAction,
  getPlan,
  lastSignalOfRun,
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
  const { plan, run, said, refused } = store.read((sql) => {
    const last = (status: 'done' | 'failed') =>
      lastSignalOfRun(sql, { planKey: action.planKey, runId, status });
    return {
      plan: getPlan(sql, action.planKey),
      run: findPlanRun(sql, runId),
      said: last('done'),
      refused: last('failed'),
    };
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
      // Who brings two sides together may merge when it is asked, too.
      conflict: role === 'fixer' && task !== null ? '' : null,
      refusal: refused?.reason ?? null,
      isAnswered: said?.event === 'needs_decision',
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
