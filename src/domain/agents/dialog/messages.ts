import { nextKey } from './pending.ts';
import { type AnyDialog, update, type Work } from './work.ts';

/** More messages than this never wait at once for an agent to read them. */
export const maxUnread = 32;
/** What an adapter keeps of messages that it cannot write yet, in characters: its state is stored at each step. */
export const maxHeldChars = 256 * 1024;

/** What an agent is told when its provider takes requests again. */
export const goOnText = 'Continue where you left off.';

/** What a person says to an agent at work. `key` is unique in the run. */
export type Message = { readonly key: string; readonly text: string };

/** The key of the line that says a message. */
export function sayKey(key: string): string {
  return `say:${key}`;
}

/** Takes a message that the agent is to read; it ends the wait for a limit. False: it is refused, with the reason. */
export function takeMessage(work: Work<AnyDialog>, key: string): boolean {
  const { unread, canceling } = work.state;
  if (canceling) refuseMessage(work, key, 'The run is being stopped');
  else if (unread.length >= maxUnread)
    refuseMessage(work, key, `${unread.length} messages wait already for the agent to read them`);
  else update(work, { unread: [...unread, key], parked: null });
  return work.state.unread !== unread;
}

/** A message that comes on top of `held` ones which wait to be written. */
export function takeHeld(work: Work<AnyDialog>, held: readonly Message[], { key, text }: Message): boolean {
  const chars = held.reduce((sum, message) => sum + message.text.length, text.length);
  if (chars <= maxHeldChars) return takeMessage(work, key);
  const most = `${maxHeldChars / 1024} Ki characters`;
  refuseMessage(work, key, `The agent cannot be told more than ${most} before it is done with its turn`);
  return false;
}

/** The wait for a limit is over: the key of the line that says so, or null when it was over already. */
export function takeGoOn(work: Work<AnyDialog>): string | null {
  if (work.state.parked === null || work.state.canceling) return null;
  update(work, { parked: null });
  return `go-on:${nextKey(work)}`;
}

/** The agent has read it: shown by its output. */
export function noteRead(work: Work<AnyDialog>, key: string): void {
  if (!work.state.unread.includes(key)) return;
  update(work, { unread: work.state.unread.filter((other) => other !== key) });
  work.effects.push({ kind: 'arrived', key: sayKey(key) }, { kind: 'heard', key, unreadBecause: null });
}

/** Nobody reads this one any more. */
export function giveUpMessage(work: Work<AnyDialog>, key: string, reason: string): void {
  if (!work.state.unread.includes(key)) return;
  update(work, { unread: work.state.unread.filter((other) => other !== key) });
  refuseMessage(work, key, reason);
}

/** Nobody reads any of them any more. */
export function giveUpMessages(work: Work<AnyDialog>, reason: string): void {
  for (const key of work.state.unread) giveUpMessage(work, key, reason);
}

function refuseMessage(work: Work<AnyDialog>, key: string, reason: string): void {
  work.effects.push({ kind: 'heard', key, unreadBecause: reason });
}
