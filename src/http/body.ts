import type { IncomingMessage } from 'node:http';
import { AppError } from '../contract/index.ts';

/** How deep the objects and arrays of a body may nest. */
export const maxJsonDepth = 64;

/** Reads the body whole. Throws `body_too_large` as soon as it is. */
export async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw bodyTooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('invalid_request', 'The body ended before it was whole', { cause: error });
  }
  return Buffer.concat(chunks, size);
}

/** The refusal of a body that is longer than is taken, said by its head or seen while it comes. */
export function bodyTooLarge(maxBytes: number): AppError {
  return new AppError('body_too_large', `The body is larger than ${maxBytes} bytes`, {
    hint: 'send less: a prompt may name a file that holds the rest',
  });
}

/** Parses a body as JSON; an empty one is undefined. Throws `invalid_json`, also for what nests too deep. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (depthOf(text) <= maxJsonDepth) return JSON.parse(text);
  } catch (cause) {
    throw new AppError('invalid_json', 'The body is not valid JSON', { cause, hint: whatIsWrong(cause) });
  }
  throw new AppError('invalid_json', `The body nests deeper than ${maxJsonDepth} levels`);
}

/** The deepest nesting of brackets outside strings, without building anything: a parser's stack is never at stake. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (isInString) {
      if (char === backslash) index += 1;
      else if (char === quote) isInString = false;
    } else if (char === quote) isInString = true;
    else if (char === openBrace || char === openBracket) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (char === closeBrace || char === closeBracket) depth -= 1;
  }
  return deepest;
}

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = [
  0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d,
];

function whatIsWrong(cause: unknown): string {
  return cause instanceof SyntaxError ? `the parser says: ${cause.message}` : 'send UTF-8 text';
}
