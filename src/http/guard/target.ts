import { AppError } from '../../contract/index.ts';

/** The longest request target that is looked at. */
export const maxTargetChars = 8192;

/** Characters that a path segment may hold as they are (RFC 3986 pchar, without `;`, which some read as a parameter). */
const plainPath = /^(?:\/[A-Za-z0-9\-._~!$&'()*+,=:@%]*)+$/;
const plainQuery = /^[A-Za-z0-9\-._~!$&'()*+,;=:@%/?[\]{}|^`"<>]*$/;

/**
 * Checks that the target has one reading only and returns its path: origin form, no dot or empty segments, no escape
 * that hides a separator, a dot, a percent sign or a control character. So that what the guard saw and what the router
 * matches can never differ.
 */
export function checkTarget(url: string): string {
  if (url.length > maxTargetChars) throw refused('The request target is longer than 8192 characters');
  if (!url.startsWith('/')) throw refused('The request target is not a path');
  const queryAt = url.indexOf('?');
  const path = queryAt === -1 ? url : url.slice(0, queryAt);
  if (!plainPath.test(path)) throw refused('The path holds a character that must be escaped');
  const segments = path.split('/').slice(1);
  if (segments.some((segment, index) => isUnclear(segment, index === segments.length - 1))) {
    throw refused('The path holds an empty segment or a dot segment');
  }
  if (path.includes('%')) checkEscapes(path);
  if (queryAt !== -1 && !plainQuery.test(url.slice(queryAt + 1))) {
    throw refused('The query holds a character that must be escaped');
  }
  return path;
}

function isUnclear(segment: string, isLast: boolean): boolean {
  return segment === '.' || segment === '..' || (segment === '' && !isLast);
}

function checkEscapes(path: string): void {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch (cause) {
    throw new AppError('invalid_request', 'The path holds a broken escape', { cause });
  }
  for (const [triplet] of path.matchAll(/%[0-9A-Fa-f]{2}/g)) {
    const byte = Number.parseInt(triplet.slice(1), 16);
    if (byte < 0x20 || byte === 0x7f || './\\%?#;'.includes(String.fromCharCode(byte))) {
      throw refused(`The path hides a character behind '${triplet}'`);
    }
  }
  if (/[\u0080-\u009f]/.test(decoded)) throw refused('The path hides a control character behind an escape');
}

function refused(message: string): AppError {
  return new AppError('invalid_request', message, { hint: 'send the path as the API reference writes it' });
}
