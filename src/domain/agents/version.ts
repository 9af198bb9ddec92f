import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** How far above a program its package may be. */
const maxLevels = 4;

/**
 * The version of a program, without running it: from a file or folder that is named by it, as installers that keep
 * several versions do, or from the package it lies in. Null where neither tells.
 */
export function programVersion(path: string): string | null {
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    return null; // gone since it was found
  }
  const named = /\/v?(\d+\.\d+\.\d+[\w.-]*)(?=\/|$)/.exec(real)?.[1];
  if (named !== undefined) return named;
  let folder = dirname(real);
  for (let level = 0; level < maxLevels && folder !== dirname(folder); level += 1) {
    const version = packageVersion(join(folder, 'package.json'));
    if (version !== null) return version;
    folder = dirname(folder);
  }
  return null;
}

function packageVersion(path: string): string | null {
  try {
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { readonly version?: unknown };
    return typeof version === 'string' && version.length <= 80 ? version : null;
  } catch {
    return null; // no package here, or not one that can be read
  }
}
