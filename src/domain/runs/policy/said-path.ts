import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** From where a path is meant. */
export type PathBase = {
  /** Where the run works. */
  readonly folder: string;
  readonly home: string;
};

/** Where a path leads that an agent said. */
export type SaidPath = {
  readonly absolute: string;
  /** The same from the run's folder on, empty for the folder itself; null outside it. */
  readonly inside: string | null;
};

/**
 * Where a path leads, by its letters alone: `..` is resolved, a link is not followed. Null for what is no file of this
 * machine, as an address of the web.
 */
export function readSaidPath(said: string, base: PathBase): SaidPath | null {
  const absolute = toAbsolute(said, base);
  if (absolute === null) return null;
  const { folder } = base;
  if (absolute === folder) return { absolute, inside: '' };
  const prefix = folder.endsWith('/') ? folder : `${folder}/`;
  return { absolute, inside: absolute.startsWith(prefix) ? absolute.slice(prefix.length) : null };
}

function toAbsolute(said: string, { folder, home }: PathBase): string | null {
  if (/^file:\/\//i.test(said)) return pathOfUrl(said);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(said)) return null;
  // Tools of some agents expand it: `~/x` taken for a file of the folder could be allowed as one.
  if (said === '~' || said.startsWith('~/')) return posix.join(home, said.slice(1));
  return posix.resolve(folder, said);
}

function pathOfUrl(url: string): string | null {
  try {
    return posix.resolve(fileURLToPath(url));
  } catch {
    return null; // of another host, or no URL at all
  }
}
