import type { Step } from '../adapter.ts';
import { oneLine } from '../bounded.ts';
import { finish } from '../dialog/end.ts';
import {
  giveUpMessage,
  goOnText,
  type Message,
  noteRead,
  sayKey,
  takeGoOn,
  takeHeld,
  takeMessage,
} from '../dialog/messages.ts';
import type { Incoming } from '../dialog/rpc.ts';
import { arrived, step, update, write } from '../dialog/work.ts';
import { asFields, asText, type Fields } from '../fields.ts';
import { failed } from '../outcome.ts';
import type { CodexState, CodexWork } from './state.ts';
import { request, rpcIds } from './wire.ts';

/** What a person says: at once, or when the thread is open and its first turn asked for. */
export function say(state: CodexState, message: Message): Step<CodexState> {
  return step(state, (work) => {
    const { phase, held } = work.state;
    if (phase === 'turn' || phase === 'working') {
      if (takeMessage(work, message.key)) tell(work, message.key, sayKey(message.key), message.text);
    } else if (takeHeld(work, held, message)) update(work, { held: [...held, message] });
  });
}

/** What was said before there was a thread. */
export function tellHeld(work: CodexWork): void {
  const { held } = work.state;
  update(work, { held: [] });
  for (const { key, text } of held) tell(work, key, sayKey(key), text);
}

/** The provider takes requests again. */
export function goOn(state: CodexState): Step<CodexState> {
  return step(state, (work) => {
    const key = takeGoOn(work);
    if (key !== null) tell(work, `${work.state.request.runId}/${key}`, key, goOnText);
  });
}

/** Codex answers a message: into which turn it goes, or why it cannot be taken. */
export function onToldResponse(work: CodexWork, message: Extract<Incoming, { kind: 'response' }>): boolean {
  const told = work.state.told.find(({ rpcId }) => rpcId === message.id);
  if (told === undefined) return false;
  const others = work.state.told.filter((other) => other !== told);
  if (message.error === null) {
    const turnId = asText(asFields(message.result.turn).id);
    update(work, { told: [...others, { ...told, turnId }], turnId: work.state.turnId ?? turnId });
    arrived(work, told.writeKey);
    return true;
  }
  const why = `Codex did not take it: ${oneLine(message.error.message)}`;
  update(work, { told: others });
  arrived(work, told.writeKey);
  giveUpMessage(work, told.clientId, why);
  const { turnId, unread, ended } = work.state;
  if (turnId === null && unread.length === 0) finish(work, ended ?? failed('agent_error', why));
  return true;
}

/** A message is in the conversation. */
export function noteTold(work: CodexWork, item: Fields): void {
  const told = work.state.told.find(({ clientId }) => clientId === item.clientId);
  if (told === undefined) return;
  update(work, { told: work.state.told.filter((other) => other !== told) });
  noteRead(work, told.clientId);
}

/** The turn is over: what Codex took into it and did not come to is lost. */
export function giveUpTold(work: CodexWork, turnId: string | null): void {
  const lost = work.state.told.filter((told) => told.turnId !== null && told.turnId === turnId);
  update(work, { told: work.state.told.filter((told) => !lost.includes(told)) });
  for (const { clientId } of lost) giveUpMessage(work, clientId, 'The turn ended before Codex came to it');
}

/** A second copy would be a second message: it is not repeated blindly. */
function tell(work: CodexWork, clientId: string, writeKey: string, text: string): void {
  const { threadId, told, messages } = work.state;
  const rpcId = rpcIds.message + messages;
  const params = {
    threadId,
    clientUserMessageId: clientId,
    input: [{ type: 'text', text, text_elements: [] }],
  };
  update(work, { messages: messages + 1, told: [...told, { clientId, writeKey, rpcId, turnId: null }] });
  write(work, writeKey, request(rpcId, 'turn/start', params), 'unsafe');
}
