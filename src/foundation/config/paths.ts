import { join, resolve } from 'node:path';
import type { Config } from '../../contract/index.ts';

export type PathBase = { readonly home: string; readonly folder: string };

/** Makes every path of a configuration absolute: `~/` is the home folder, anything relative starts at the file's folder. */
export function resolvePaths(config: Config, base: PathBase): Config {
  const absolute = (path: string) => resolvePath(path, base);
  return {
    ...config,
    repos: config.repos.map(absolute),
    socket_path: absolute(config.socket_path),
    auth: {
      ...config.auth,
      admin_token_file: absolute(config.auth.admin_token_file),
      readonly_token_file: absolute(config.auth.readonly_token_file),
    },
  };
}

function resolvePath(path: string, { home, folder }: PathBase): string {
  if (path === '') return ''; // empty means unset
  if (path === '~' || path.startsWith('~/')) return join(home, path.slice(1));
  return resolve(folder, path);
}
