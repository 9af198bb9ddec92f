import { AppError } from '../../contract/index.ts';

/** Keys whose value is never logged, at any depth; compared without case, dashes and underscores. */
const secretKeys = new Set(
  'token admintoken readonlytoken runtoken accesstoken refreshtoken bearer authorization cookie setcookie password passwd secret clientsecret apikey privatekey credential credentials env environ environment prompt stdin'.split(
    ' ',
  ),
);
const maxDepth = 6;
const maxItems = 50;
const maxCauses = 4;
export const redacted = '[redacted]';

/** A copy of the fields of a log line that is safe to write: no secret, no cycle, no depth without end. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactObject(fields, 0);
}

function redactObject(object: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(object).slice(0, maxItems);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, isSecretKey(key) ? redacted : redact(value, depth)]),
  );
}

function redact(value: unknown, depth: number): unknown {
  if (value instanceof Error) return describeError(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) return '[deep]';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, maxItems).map((item) => redact(item, depth + 1));
  return redactObject(value, depth + 1);
}

function isSecretKey(key: string): boolean {
  return secretKeys.has(key.toLowerCase().replace(/[-_]/g, ''));
}

/** Type, message, code, hint, stack and causes; nothing else that hangs on an error, such as a command line. */
export function describeError(error: Error, causes = 0): Record<string, unknown> {
  const { code } = error as NodeJS.ErrnoException;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error instanceof AppError && error.hint !== undefined ? { hint: error.hint } : {}),
    stack: error.stack,
    ...(error.cause instanceof Error && causes < maxCauses
      ? { cause: describeError(error.cause, causes + 1) }
      : {}),
  };
}
