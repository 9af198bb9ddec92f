import { readFileSync } from 'node:fs';
import { AppError } from '../contract/index.ts';

/** The version of this drover, from its package.json: two folders up in the sources, one from the bundle. */
export const version: string = readVersion();

function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const found = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { name?: unknown; version?: unknown };
      if (found.name === 'drover' && typeof found.version === 'string') return found.version;
    } catch {
      // the other place has it
    }
  }
  throw new AppError('internal', 'The package.json of drover is missing', { hint: 'install drover again' });
}
