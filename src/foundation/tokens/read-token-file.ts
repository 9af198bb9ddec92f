import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { AppError } from '../../contract/index.ts';

/** More than any token needs. */
export const maxTokenBytes = 4096;

/** The two kinds of token that a file may hold. */
export type TokenKind = 'admin' | 'read-only';

export type TokenFile = { readonly kind: TokenKind; readonly path: string; readonly uid: number };

/**
 * Reads the token of a file: a regular one, owned by this user, readable by nobody else, holding one line. Throws
 * `token_file_invalid`, never with the content. Synchronous, because a check must not see half a rotation; O_NONBLOCK, so
 * that a FIFO cannot hang it.
 */
export function readTokenFile({ kind, path, uid }: TokenFile): string {
  const refuse = (why: string, hint: string, cause?: unknown) =>
    new AppError('token_file_invalid', `The ${kind} token file ${path} ${why}`, { hint, cause });
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    if (code === 'ENOENT')
      throw refuse('does not exist', 'write the token into it and run chmod 600 on it', error);
    throw refuse(`cannot be read: ${code}`, 'it must be readable by the user of the daemon', error);
  }
  try {
    const info = fstatSync(file);
    if (!info.isFile()) throw refuse('is not a regular file', 'name a file that holds the token alone');
    if (info.uid !== uid)
      throw refuse(`belongs to uid ${info.uid}, not to uid ${uid}`, `run: chown ${uid} ${path}`);
    if ((info.mode & 0o077) !== 0) {
      const mode = (info.mode & 0o777).toString(8).padStart(4, '0');
      throw refuse(`is open to other users (mode ${mode})`, `run: chmod 600 ${path}`);
    }
    return parseToken(readStart(file), refuse);
  } finally {
    closeSync(file);
  }
}

function readStart(file: number): string {
  const buffer = Buffer.alloc(maxTokenBytes + 1);
  let length = 0;
  for (;;) {
    const count = readSync(file, buffer, length, buffer.length - length, length);
    if (count === 0) return buffer.toString('utf8', 0, length);
    length += count;
  }
}

function parseToken(text: string, refuse: (why: string, hint: string) => AppError): string {
  const token = text.trim();
  if (text.length > maxTokenBytes) {
    throw refuse(`is larger than ${maxTokenBytes} bytes`, 'it must hold the token alone');
  }
  if (token === '')
    throw refuse('is empty', 'write the token into it, for example from: openssl rand -hex 32');
  if (!isToken(token))
    throw refuse('holds more than one word', 'it must hold the token alone, in one line of ASCII');
  return token;
}

/** True for what can stand in an Authorization header: printable ASCII without spaces. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
