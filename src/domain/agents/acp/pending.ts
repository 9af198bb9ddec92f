import * as dialog from '../dialog/pending.ts';
import type { RpcId } from '../dialog/rpc.ts';
import { maxPending, type Pending, write } from '../dialog/work.ts';
import type { AcpState, Ask, Work } from './state.ts';
import { encodeError, encodeResult, rpcCodes } from './wire.ts';

/** Gives a request of the agent its key in the run, or refuses it and returns null. */
export function openPending(work: Work, opening: Omit<Pending<Ask>, 'key'>): Pending<Ask> | null {
  const opened = dialog.openPending<Ask, AcpState>(work, opening);
  if (opened === 'repeated') return null;
  if (opened !== 'too_many') return opened;
  const message = `More than ${maxPending} requests are open`;
  write(work, `refuse:${dialog.nextKey(work)}`, encodeError(opening.id, rpcCodes.busy, message));
  return null;
}

/** Writes the answer of an open request and closes it. */
export function answerPending(work: Work, pending: Pending<Ask>, result: unknown): void {
  dialog.answerPending<Ask, AcpState>(work, pending, encodeResult(pending.id, result));
}

/** Answers every open request as cancelled, as ACP asks of a client that cancels a turn. */
export function cancelPending(work: Work, reason: string): void {
  for (const pending of work.state.pending) {
    answerPending(work, pending, cancelledResult(pending.ask));
    work.effects.push({ kind: 'withdrawn', key: pending.key, reason });
  }
}

/** The agent took a request back by `$/cancel_request`. */
export function withdrawByAgent(work: Work, id: RpcId): void {
  const pending = work.state.pending.find((other) => other.id === id);
  if (pending === undefined) return;
  write(work, `answer:${pending.key}`, encodeError(id, rpcCodes.canceled, 'Request cancelled'));
  dialog.withdrawPending<Ask, AcpState>(work, pending, 'The agent took its request back');
}

/** What ACP wants to hear for a request that nobody will answer. */
export function cancelledResult(ask: Ask): unknown {
  return ask.kind === 'permission' ? { outcome: { outcome: 'cancelled' } } : { action: 'cancel' };
}
