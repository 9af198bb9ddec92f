import type { PlanEventName } from '../../contract/index.ts';

/** Of a signal that moved nothing so much of its body is kept, in bytes: an agent may say such things without end. */
const maxKeptBytes = 4096;
const cutMark = '\n… the rest was not kept';

/** What the receipt keeps of a body: all of it where the plan was moved by it, nothing where there is no such plan. */
export function keptBody(
  { event, body }: { readonly event: PlanEventName; readonly body: string },
  { isRefused, hasPlan }: { readonly isRefused: boolean; readonly hasPlan: boolean },
): string {
  const bytes = Buffer.from(body);
  const most = hasPlan ? maxKeptBytes : 0;
  const isWhole = !isRefused && event !== 'needs_decision'; // which may be said again and again
  if (isWhole || bytes.length <= most) return body;
  const whole = bytes
    .subarray(0, most)
    .toString()
    .replace(/\uFFFD$/, ''); // a character that was cut in two
  return `${whole}${cutMark}`;
}

/** True for a body of which not all was kept: it is not what was said. */
export function isCut(body: string): boolean {
  return body.endsWith(cutMark);
}
