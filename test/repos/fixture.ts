import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Runs the plain git of this machine, as a person would, apart from their own configuration. Returns what it said. */
export function plainGit(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 28,
    env: {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'someone',
      GIT_AUTHOR_EMAIL: 'someone@example.com',
      GIT_COMMITTER_NAME: 'someone',
      GIT_COMMITTER_EMAIL: 'someone@example.com',
    },
  });
}

/** Writes a file and the folders above it. */
export function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Makes a repository on branch main with one commit of `files`; returns its canonical path. */
export function makeRepo(
  path: string,
  files: Readonly<Record<string, string>> = { 'a.txt': 'one\n' },
  format: 'sha1' | 'sha256' = 'sha1',
): string {
  mkdirSync(path, { recursive: true });
  plainGit(path, 'init', '-q', '-b', 'main', `--object-format=${format}`);
  for (const [name, content] of Object.entries(files)) put(join(path, name), content);
  plainGit(path, 'add', '-A');
  plainGit(path, 'commit', '-q', '--allow-empty', '-m', 'first');
  return realpathSync(path);
}
