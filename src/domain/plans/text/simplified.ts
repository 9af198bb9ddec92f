/** Marks of lists and quotes that are looked at in one line. */
const maxMarks = 4;
/** An indent beyond this says no more: what is indented so far is within the outermost list, or is code. */
const maxIndent = 24;

const mark = '(?:>|(?:[*+-]|\\d{1,9}[.)])(?=[ \\t]|$))[ \\t]*';
const marks = new RegExp(`^[ \\t]*(?:${mark})*`);
const moreMarks = new RegExp(`^([ \\t]*(?:${mark}){${maxMarks - 1}})((?:${mark}){2,})$`);
const rule = /^([*-])(?:[ \t]*\1)*$/;
const wideGap = new RegExp(`[ \\t]{${maxIndent + 1},}`, 'g');

/**
 * A line that means the same for the outermost level of a document and nests no deeper than a few lists and quotes. The
 * time that the parser takes grows with the depth times the lines, and nobody reads the depth.
 */
export function simplified(line: string): string {
  const head = marks.exec(line)?.[0] ?? '';
  if (head.length <= maxMarks) return line;
  const rest = line.slice(head.length);
  const narrow = head.replaceAll(wideGap, ' '.repeat(maxIndent));
  const [, first, others] = moreMarks.exec(narrow) ?? [];
  if (first === undefined || others === undefined) return narrow + rest;
  const gap = others.slice(others.trimEnd().length);
  const isRule = rest === '' && rule.test(narrow.trim());
  // What ends a declaration of HTML goes on ending it.
  const last = others.includes('>') ? '>' : isRule ? (others[0] ?? '') : '-';
  return `${first}${last}${gap}${rest}`;
}
