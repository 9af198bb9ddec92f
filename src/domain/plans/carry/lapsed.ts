import { type ActionRow, getPlan } from '../../../foundation/store/index.ts';
import { blockPlan } from '../change.ts';
import type { PlansDeps, RepoPlanSettings } from '../ports.ts';

/**
 * True when the plan's own rules are not known any more: it is blocked then, with its action left for the time after
 * the decision, because what starts now would go by others.
 */
export async function blockLapsed(
  { store }: Pick<PlansDeps, 'store'>,
  action: ActionRow,
  { lapsed }: Pick<RepoPlanSettings, 'lapsed'>,
): Promise<boolean> {
  if (lapsed === null) return false;
  await store.write((tx) => {
    const { key, name } = getPlan(tx, action.planKey);
    blockPlan(tx, key, `${lapsed}, then drover plan decide ${name}`);
  });
  return true;
}
