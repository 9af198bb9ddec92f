import type { Place } from './locate.ts';

/** Longer lines are cut around the caret. */
const maxExcerptChars = 100;

/**
 * The line of `place` with a caret below. What stands in quotes near the word `env`, `token`, `key` or `secret` may be a
 * secret and is starred, in place, because errors are logged.
 */
export function excerpt(source: string, place: Place): string {
  const lines = source.split(/\r?\n/);
  const line = lines[place.line - 1] ?? '';
  const header = lines.slice(0, place.line).findLast((each) => /^\s*\[/.test(each)) ?? '';
  const shown = isPrivate(`${header} ${line}`) ? starStrings(line) : line;
  const start = Math.max(0, place.column - 1 - maxExcerptChars / 2);
  const text = shown.slice(start, start + maxExcerptChars).replace(/[\x00-\x1f\x7f-\x9f]/g, ' ');
  const gutter = `${place.line} | `;
  return `${gutter}${text}\n${' '.repeat(gutter.length + place.column - 1 - start)}^`;
}

function isPrivate(text: string): boolean {
  return /env\b|token|key|secret|password/i.test(text);
}

/** Stars everything between quotes, also after one that is never closed. */
function starStrings(line: string): string {
  return line.replace(/(["'])(.*?)(\1|$)/g, (_all, open: string, inner: string, close: string) => {
    return `${open}${'*'.repeat(inner.length)}${close}`;
  });
}
