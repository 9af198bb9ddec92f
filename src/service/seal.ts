import { createHash } from 'node:crypto';

/** How a comment of one line is written, and the line that has to stay the last one below it, if any. */
export type CommentStyle = { readonly open: string; readonly close: string; readonly last: string };

export const hashComment: CommentStyle = { open: '# ', close: '', last: '' };
export const xmlComment: CommentStyle = { open: '<!-- ', close: ' -->', last: '</plist>\n' };

const words = 'Written by drover, which leaves this file alone once it was edited: sha256 ';
const seals = new RegExp(`(?<=^|\n)(?:# |<!-- )${words}([0-9a-f]{64})(?: -->)?\n((?:</plist>\n)?)$`);

/** `text` with a line at its end that holds its checksum, so that an edit by hand shows. */
export function seal(text: string, style: CommentStyle): string {
  const body = text.endsWith('\n') ? text : `${text}\n`;
  const rest = body.slice(0, body.length - style.last.length);
  if (rest + style.last !== body) throw new RangeError(`The text does not end with ${style.last}`);
  return `${rest}${style.open}${words}${checksum(body)}${style.close}\n${style.last}`;
}

/** What the seal says of a file: as drover wrote it, edited since then, or never written by drover. */
export function sealState(text: string): 'intact' | 'edited' | 'foreign' {
  const match = seals.exec(text);
  if (match === null) return text.includes(words) ? 'edited' : 'foreign';
  return match[1] === checksum(text.slice(0, match.index) + match[2]) ? 'intact' : 'edited';
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
