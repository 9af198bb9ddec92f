import { type Ask, maxPending, notice, type Pending, update, type Work, write } from './state.ts';
import { encodeError, encodeResult, type RpcId, rpcCodes } from './wire.ts';

/** A request that is being opened. */
export type Opening = { readonly rpcId: RpcId; readonly toolCallId: string | null; readonly ask: Ask };

/** Gives a request of the agent its key in the run, or refuses it and returns null. */
export function openPending(work: Work, opening: Opening): Pending | null {
  const { pending } = work.state;
  if (pending.some((other) => other.rpcId === opening.rpcId)) {
    notice(work, `The agent sent request ${JSON.stringify(opening.rpcId)} twice; the second was ignored`);
    return null;
  }
  const key = nextKey(work);
  if (pending.length >= maxPending) {
    const message = `More than ${maxPending} requests are open`;
    write(work, `refuse:${key}`, encodeError(opening.rpcId, rpcCodes.busy, message));
    return null;
  }
  const opened: Pending = { key, ...opening };
  update(work, { pending: [...pending, opened] });
  return opened;
}

/** A key no other request of the agent has had in this run. */
export function nextKey(work: Work): string {
  const asked = work.state.asked + 1;
  update(work, { asked });
  return `ask-${asked}`;
}

/** Writes the answer of an open request and closes it. */
export function answerPending(work: Work, pending: Pending, result: unknown): void {
  const writeKey = `answer:${pending.key}`;
  write(work, writeKey, encodeResult(pending.rpcId, result));
  const answered = [...work.state.answered, { writeKey, toolCallId: pending.toolCallId }].slice(-maxPending);
  update(work, { pending: work.state.pending.filter((other) => other.key !== pending.key), answered });
}

/** Answers every open request as cancelled, as ACP asks of a client that cancels a turn. */
export function cancelPending(work: Work, reason: string): void {
  for (const pending of work.state.pending) {
    answerPending(work, pending, cancelledResult(pending.ask));
    work.effects.push({ kind: 'withdrawn', key: pending.key, reason });
  }
}

/** The agent took a request back by `$/cancel_request`. */
export function withdrawByAgent(work: Work, rpcId: RpcId): void {
  const pending = work.state.pending.find((other) => other.rpcId === rpcId);
  if (pending === undefined) return;
  write(work, `answer:${pending.key}`, encodeError(rpcId, rpcCodes.canceled, 'Request cancelled'));
  work.effects.push({ kind: 'withdrawn', key: pending.key, reason: 'The agent took its request back' });
  update(work, { pending: work.state.pending.filter((other) => other.key !== pending.key) });
}

/** Answers whose arrival shows in this: a tool call going on, or (null) the end of the turn. */
export function noteArrived(work: Work, toolCallId: string | null): void {
  const shows = (answer: { readonly toolCallId: string | null }) =>
    toolCallId === null || answer.toolCallId === toolCallId;
  for (const answer of work.state.answered) {
    if (shows(answer)) work.effects.push({ kind: 'arrived', key: answer.writeKey });
  }
  update(work, { answered: work.state.answered.filter((answer) => !shows(answer)) });
}

/** What ACP wants to hear for a request that nobody will answer. */
export function cancelledResult(ask: Ask): unknown {
  return ask.kind === 'permission' ? { outcome: { outcome: 'cancelled' } } : { action: 'cancel' };
}
