import { type ErrorCodeInfo, errorCodes } from '../../src/contract/index.ts';
import { generated } from './markdown.ts';

/** docs/errors.md: a paragraph for every code. */
export function errorsPage(): string {
  const entries: [string, ErrorCodeInfo][] = Object.entries(errorCodes);
  return [
    generated,
    '# Errors\n\n',
    'The API answers every error as `application/problem+json` (RFC 9457) with a stable `code`; commands print its message and hint, and end with its exit code. A code is never reused.\n',
    ...entries.map(
      ([code, { status, exit, about }]) => `\n## ${code}\n\nHTTP ${status}, exit code ${exit}. ${about}\n`,
    ),
  ].join('');
}
