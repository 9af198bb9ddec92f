import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { formatBytes, maxSignalBytes } from '../contract/index.ts';
import type { CliContext } from './context.ts';
import { usageError } from './errors.ts';

/** The text of a file that a person names, or with `-` of standard input. Throws `usage` for what is no such text. */
export async function textOf(file: string, context: Pick<CliContext, 'cwd' | 'stdin'>): Promise<string> {
  const name = file === '-' ? 'standard input' : file;
  const source: Readable = file === '-' ? context.stdin : createReadStream(resolve(context.cwd, file));
  const bytes = await read(source, name);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw usageError(`${name} is not UTF-8 text`, 'save it as UTF-8, and try again');
  }
}

/** How long a pipe that nobody was asked to read may take to say its first byte, or to end. */
const firstByteMs = 500;

/** What is piped into a command that was not told to read it; null where nothing comes of a pipe that stays open. */
export async function pipedText(
  context: Pick<CliContext, 'cwd' | 'stdin' | 'clock'>,
): Promise<string | null> {
  const stdin: Readable & { readonly isTTY?: boolean } = context.stdin;
  if (stdin.isTTY === true || stdin.readableEnded) return '';
  const over = new AbortController();
  const { signal } = over;
  const seen = Promise.race([once(stdin, 'readable', { signal }), once(stdin, 'end', { signal })]);
  const isLate = context.clock.sleep(firstByteMs, signal).then(() => true);
  // an error of the stream is told of by who reads it
  const isSilent = await Promise.race([seen.then(() => false), isLate]).catch(() => false);
  over.abort();
  if (stdin.readableEnded) return '';
  if (!isSilent) return textOf('-', context);
  stdin.destroy(); // else it keeps the process alive
  return null;
}

async function read(source: Readable, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of source) {
      const bytes = Buffer.from(chunk);
      chunks.push(bytes);
      size += bytes.length;
      if (size > maxSignalBytes) break;
    }
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw usageError(`${name} cannot be read (${code})`, 'name a file, or - for standard input');
  }
  if (size <= maxSignalBytes) return Buffer.concat(chunks);
  throw usageError(`${name} is larger than ${formatBytes(maxSignalBytes)}`, 'make it shorter');
}
