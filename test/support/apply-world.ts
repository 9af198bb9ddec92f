import { lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '../../src/base/index.ts';
import { newId } from '../../src/contract/index.ts';
import { createWorktrees } from '../../src/domain/repos/index.ts';
import { createGit } from '../../src/foundation/git/index.ts';
import { makeRepo, plainGit, put } from '../repos/fixture.ts';

/** git as the daemon calls it, without a configuration of this machine. */
export const git = createGit({
  env: { ...process.env, HOME: '/nonexistent', XDG_CONFIG_HOME: undefined },
  log: silentLog,
});
let clock = 1_700_000_000_000;

/** What a file holds, or a link leads to; null where there is none. */
export function bytesAt(path: string): string | null {
  const info = lstatSync(path, { throwIfNoEntry: false });
  if (info === undefined) return null;
  return info.isSymbolicLink() ? readlinkSync(path) : readFileSync(path, 'latin1');
}

/** A repository with a person's checkout, and a run with a work tree of its own. */
export async function setUp(test: { testdir: () => string }, { trusted = false } = {}) {
  const root = realpathSync(test.testdir());
  const path = makeRepo(join(root, 'app'), {
    'a.txt': '1\n2\n3\n4\n5\n',
    'b.txt': 'two\n',
    'dir/c.txt': 'three\n',
    '.gitignore': '*.local\nbuild/\n',
  });
  const repo = { id: newId('repo', clock), path, trusted };
  const worktrees = createWorktrees({ git, log: silentLog, stateRoot: join(root, 'state') });
  const runId = newId('run', clock++);
  const made = await worktrees.create({ repo, runId, label: 'x' });
  const apply = (more: { squash?: boolean; label?: string } = {}) =>
    worktrees.apply({
      repo,
      runId,
      placeId: runId,
      branch: made.branch,
      label: 'Fix the flaky test',
      squash: false,
      ...more,
    });
  const said = (...args: string[]) => plainGit(path, ...args).trim();
  const commit = (cwd: string, name: string, text: string) => {
    put(join(cwd, name), text);
    plainGit(cwd, 'add', '-A');
    plainGit(cwd, 'commit', '-q', '-m', `change ${name}`);
  };
  /** All that a person could lose: files, index, references. */
  const picture = () => [
    said('status', '--porcelain', '--ignored', '--branch'),
    said('diff'),
    said('diff', '--cached'),
    said('rev-parse', 'HEAD'),
  ];
  return { root, path, repo, worktrees, runId, made, apply, said, commit, picture };
}
