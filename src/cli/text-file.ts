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
