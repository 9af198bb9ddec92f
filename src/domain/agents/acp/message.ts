import { addToMessage, endMessage } from '../dialog/speech.ts';
import { update } from '../dialog/work.ts';
import { asFields, asText } from '../fields.ts';
import type { Work } from './state.ts';

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
export function addChunk(work: Work, text: string, id: string | null): void {
  if (text === '') return;
  const { message, messageId } = work.state;
  if (message !== null && id !== null && messageId !== null && id !== messageId) endMessage(work);
  const isOpen = work.state.message !== null;
  addToMessage(work, text);
  update(work, { messageId: isOpen ? (work.state.messageId ?? id) : id });
}
