import { widthOf } from './table.ts';

/** `text` cut to at most `columns` columns, colours kept and ended. */
export function fitTo(text: string, columns: number): string {
  if (widthOf(withoutColours(text)) <= columns) return text;
  let fitted = '';
  let width = 0;
  for (const [part] of text.matchAll(/\x1b\[\d*m|./gsu)) {
    if (part.startsWith('\x1b')) {
      fitted += part;
      continue;
    }
    const next = width + widthOf(part);
    if (next > columns) break;
    width = next;
    fitted += part;
  }
  return fitted.includes('\x1b') ? `${fitted}\x1b[0m` : fitted;
}

function withoutColours(text: string): string {
  return text.replace(/\x1b\[\d*m/g, '');
}
