const maxPathBytes = 4096;
const maxPartBytes = 255;

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
