const maxPathBytes = 4096;
const maxPartBytes = 255;

/** A path below a root: text, or bytes where a name may be no text at all. */
export type UntrustedPath = string | Buffer;

/**
 * The parts of a path that goes strictly downwards, or null for any other spelling: absolute, empty, with `.`, `..`,
 * an empty part or NUL. A backslash or a percent sign is an ordinary character of a name; nothing is decoded.
 */
export function relativeParts(path: string): readonly string[] | null {
  if (path === '' || path.includes('\0') || Buffer.byteLength(path) > maxPathBytes) return null;
  const parts = path.split('/');
  const isPlain = (part: string) =>
    part !== '' && part !== '.' && part !== '..' && Buffer.byteLength(part) <= maxPartBytes;
  return parts.every(isPlain) ? parts : null;
}

/** What `relativeParts` says, byte for byte: also of a name that is no UTF-8. */
export function rawParts(path: UntrustedPath): readonly Buffer[] | null {
  if (typeof path === 'string') return relativeParts(path)?.map((part) => Buffer.from(part)) ?? null;
  const bytes = path.toString('latin1'); // one character for each byte
  if (path.length > maxPathBytes || bytes.includes('\0')) return null;
  const parts = bytes.split('/');
  const isPlain = (part: string) =>
    part !== '' && part !== '.' && part !== '..' && part.length <= maxPartBytes;
  return parts.every(isPlain) ? parts.map((part) => Buffer.from(part, 'latin1')) : null;
}
