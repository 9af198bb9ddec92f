/** One message of a server-sent event stream. */
export type SseMessage = { readonly id: string | null; readonly event: string; readonly data: string };

/** A message larger than this is refused: no event of the daemon comes near it. */
export const maxMessageChars = 16 * 2 ** 20;

/** Makes a parser: give it text as it comes, get the messages that are whole. */
export function createSseParser(): (text: string) => SseMessage[] {
  let rest = '';
  let id: string | null = null;
  let event = 'message';
  let data: string[] = [];
  let size = 0;
  const line = (text: string, into: SseMessage[]) => {
    if (text === '') {
      if (data.length > 0) into.push({ id, event, data: data.join('\n') });
      id = null;
      event = 'message';
      data = [];
      size = 0;
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) return; // a comment: the heartbeat
    const field = colon === -1 ? text : text.slice(0, colon);
    const value = colon === -1 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') id = value;
    else if (field === 'event') event = value;
    else if (field === 'data') {
      size += value.length;
      if (size > maxMessageChars) throw new RangeError('An event is larger than the limit');
      data.push(value);
    }
  };
  return (text) => {
    const messages: SseMessage[] = [];
    rest += text;
    let start = 0;
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n', start)) {
      line(rest.slice(start, rest[end - 1] === '\r' && end > start ? end - 1 : end), messages);
      start = end + 1;
    }
    rest = rest.slice(start);
    if (rest.length > maxMessageChars) throw new RangeError('An event is larger than the limit');
    return messages;
  };
}
