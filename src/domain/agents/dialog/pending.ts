import { oneLine } from '../bounded.ts';
import {
  type AnyDialog,
  arrived,
  type Dialog,
  maxPending,
  notice,
  type Pending,
  update,
  type Work,
  write,
} from './work.ts';

/** Gives a request of the agent its key in the run. Null: it is open already, or too many are. */
export function openPending<Ask, State extends Dialog<Ask>>(
  work: Work<State>,
  opening: Omit<Pending<Ask>, 'key'>,
): Pending<Ask> | 'repeated' | 'too_many' {
  const base = work as Work<Dialog<Ask>>;
  const { pending } = base.state;
  if (pending.some((other) => other.id === opening.id)) {
    notice(
      base,
      `The agent sent request ${oneLine(JSON.stringify(opening.id), 80)} twice; the second was ignored`,
    );
    return 'repeated';
  }
  if (pending.length >= maxPending) return 'too_many';
  const opened: Pending<Ask> = { key: nextKey(work), ...opening };
  update(base, { pending: [...pending, opened] });
  return opened;
}

/** A key no other request of the agent has had in this run. */
export function nextKey(work: Work<AnyDialog>): string {
  const asked = work.state.asked + 1;
  update(work, { asked });
  return `ask-${asked}`;
}

/** Writes the answer of an open request and closes it. A second copy of it is known by the request's id, and ignored. */
export function answerPending<Ask, State extends Dialog<Ask>>(
  work: Work<State>,
  pending: Pending<Ask>,
  message: unknown,
): void {
  const base = work as Work<Dialog<Ask>>;
  const writeKey = `answer:${pending.key}`;
  write(base, writeKey, message);
  const answered = [...base.state.answered, { writeKey, toolCallId: pending.toolCallId }].slice(-maxPending);
  update(base, { pending: without(base.state.pending, pending), answered });
}

/** The agent does not wait for this request any more. */
export function withdrawPending<Ask, State extends Dialog<Ask>>(
  work: Work<State>,
  pending: Pending<Ask>,
  reason: string,
): void {
  const base = work as Work<Dialog<Ask>>;
  base.effects.push({ kind: 'withdrawn', key: pending.key, reason });
  update(base, { pending: without(base.state.pending, pending) });
}

/** Answers whose arrival shows in this: a tool call going on, or (null) the end of the turn. */
export function noteArrived(work: Work<AnyDialog>, toolCallId: string | null): void {
  const shows = (answer: { readonly toolCallId: string | null }) =>
    toolCallId === null || answer.toolCallId === toolCallId;
  const seen = work.state.answered.filter(shows);
  if (seen.length === 0) return;
  for (const answer of seen) arrived(work, answer.writeKey);
  update(work, { answered: work.state.answered.filter((answer) => !shows(answer)) });
}

function without<Ask>(all: readonly Pending<Ask>[], one: Pending<Ask>): readonly Pending<Ask>[] {
  return all.filter((other) => other.key !== one.key);
}
