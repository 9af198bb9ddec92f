import type { EventRow } from '../../foundation/store/index.ts';
import { eventOfRow, toEntry } from '../journal/index.ts';
import type { Hook } from './hook.ts';

/** One event on its way to one hook. */
export type Delivery = {
  /** The same at each try, so that who gets it twice can tell. */
  readonly id: string;
  readonly seq: number;
  readonly type: string;
  /** The event as `GET /v1/events` gives it, and the profile whose daemon tells it. */
  readonly json: string;
  readonly runId: string | null;
  /** The name of the plan that it is about. */
  readonly plan: string | null;
};

/** Makes it. */
export function toDelivery(
  hook: Hook,
  { row, plan, profile }: { readonly row: EventRow; readonly plan: string | null; readonly profile: string },
): Delivery {
  const { seq, type, runId, json } = toEntry(eventOfRow(row));
  return {
    id: `${hook.key}-${seq}`,
    seq,
    type,
    json: `${json.slice(0, -1)},"profile":${JSON.stringify(profile)}}`,
    runId,
    plan,
  };
}
