import { pieces, shorten } from '../bounded.ts';
import { emit, update, type Work } from './state.ts';
import { asFields, asText } from './wire.ts';

/** What is kept of one message, in characters: its pieces are all journaled, its whole text up to here. */
export const maxMessageChars = 2 ** 20;

/** The text of a content block; what is no text is named. */
export function contentText(content: unknown): string {
  const block = asFields(content);
  const text = asText(block.text);
  if (text !== null) return text;
  switch (block.type) {
    case 'resource_link':
      return asText(block.uri) ?? '[link]';
    case 'resource':
      return asText(asFields(block.resource).text) ?? '[resource]';
    case 'image':
    case 'audio':
      return `[${block.type}]`;
    default:
      return '';
  }
}

/** A piece of the agent's message. Another id than before begins another message. */
export function addToMessage(work: Work, text: string, id: string | null): void {
  if (text === '') return;
  const open = work.state.message;
  if (open !== null && id !== null && open.id !== null && id !== open.id) endMessage(work);
  for (const part of pieces(text)) emit(work, { type: 'message.delta', data: { text: part } });
  const before = work.state.message;
  const whole = shorten((before?.text ?? '') + text, maxMessageChars);
  update(work, { message: { id: before?.id ?? id, text: whole } });
}

/** Ends the message that is open because its agent is gone. It is no result: nobody knows what was still to come. */
export function leaveMessage(work: Work): void {
  const { message } = work.state;
  if (message === null) return;
  update(work, { message: null });
  emit(work, { type: 'message.completed', data: { text: message.text, partial: true } });
}

/** Ends the message that is open: its whole text, which is the result so far. */
export function endMessage(work: Work): void {
  const { message } = work.state;
  if (message === null) return;
  update(work, { message: null });
  emit(work, { type: 'message.completed', data: { text: message.text } });
  if (message.text.trim() !== '') work.effects.push({ kind: 'result', text: message.text });
}
