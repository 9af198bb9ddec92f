import { createHash } from 'node:crypto';

/** How a comment of one line is written. */
export type CommentStyle = { readonly open: string; readonly close: string };

export const hashComment: CommentStyle = { open: '# ', close: '' };
export const xmlComment: CommentStyle = { open: '<!-- ', close: ' -->' };

const words = 'Written by drover, which leaves this file alone once it was edited: sha256 ';
const lastLine = new RegExp(`^(?:# |<!-- )${words}([0-9a-f]{64})(?: -->)?\n$`);

/** `text` with a last line that holds its checksum, so that an edit by hand shows. */
export function seal(text: string, style: CommentStyle): string {
  const body = text.endsWith('\n') ? text : `${text}\n`;
  return `${body}${style.open}${words}${checksum(body)}${style.close}\n`;
}

/** What the last line says of a file: as drover wrote it, edited since then, or never written by drover. */
export function sealState(text: string): 'intact' | 'edited' | 'foreign' {
  const start = text.lastIndexOf('\n', text.length - 2) + 1;
  const match = lastLine.exec(text.slice(start));
  if (match === null) return text.includes(words) ? 'edited' : 'foreign';
  return match[1] === checksum(text.slice(0, start)) ? 'intact' : 'edited';
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
