import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** What an argument says, or with `-` what comes on standard input, without the line end that ends it. */
export async function textOrStdin(argument: string, stdin: Readable): Promise<string> {
  return argument === '-' ? (await text(stdin)).replace(/\r?\n$/, '') : argument;
}
