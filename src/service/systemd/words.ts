import { AppError } from '../../contract/index.ts';

/** Control characters, which no place in a unit file may hold: a newline would begin a setting of its own. */
const control = /[\u0000-\u001f\u007f]/;

/** Throws `usage` for a text that no unit file can carry. */
export function assertPlain(what: string, text: string): string {
  if (!control.test(text)) return text;
  throw new AppError('usage', `${what} ${JSON.stringify(text)} holds a control character`, {
    hint: 'a unit file cannot carry that: use a path without it',
  });
}

/** A word of `ExecStart=` after the first: in quotes, with `%` and `$` as themselves. */
export function execWord(text: string): string {
  return quoted(text.replaceAll('%', '%%').replaceAll('$', '$$$$'));
}

/**
 * The first word of `ExecStart=`: systemd looks for no variables in it. Throws `usage` for a quote or a backslash, which it
 * takes there in no spelling.
 */
export function execProgram(text: string): string {
  if (/["'\\]/.test(text)) {
    throw new AppError(
      'usage',
      `systemd starts no program with a quote or a backslash in its path: ${text}`,
      {
        hint: 'name another Node.js with --node',
      },
    );
  }
  return quoted(text.replaceAll('%', '%%'));
}

/** An assignment of `Environment=`: in quotes, with `%` as itself; `$` means nothing there. */
export function assignment(name: string, value: string): string {
  return quoted(`${name}=${value}`.replaceAll('%', '%%'));
}

/**
 * A path that stands alone behind `=`, where quotes mean themselves. Throws `usage` where the line could not say it:
 * spaces at the end are cut off, and a backslash there would take the next line along.
 */
export function barePath(what: string, path: string): string {
  if (/[\s\\]$/.test(path)) {
    throw new AppError('usage', `${what} ${JSON.stringify(path)} ends with a space or a backslash`, {
      hint: 'a unit file cannot carry that: use a path without it',
    });
  }
  return path.replaceAll('%', '%%');
}

/** Takes a line apart as systemd does: quotes, backslashes, `%%`. Null when it is not well formed. */
export function splitWords(line: string): string[] | null {
  const words: string[] = [];
  const pattern =
    /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|((?:[^\s"'\\]|\\.)(?:[^\s\\]|\\.)*))(?=\s|$)/y;
  const text = line.trimEnd();
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) return null;
    words.push(plain(match[1] ?? match[2] ?? match[3] ?? ''));
  }
  return words;
}

/** `$$` of a word of `ExecStart=` after the first. */
export function withoutDollars(word: string): string {
  return word.replaceAll('$$', '$');
}

function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

function plain(word: string): string {
  return word.replaceAll(/\\(.)/g, '$1').replaceAll('%%', '%');
}
