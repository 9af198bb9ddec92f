import { runCommand } from '../base/index.ts';

const gitTimeoutMs = 30_000;

/** Nothing of the repository's or the user's configuration may run a program here. */
const hardened = [
  ...['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'core.attributesFile=/dev/null'],
  ...['commit.gpgSign=false', 'gc.auto=0', 'user.name=drover demo agent', 'user.email=demo@drover.invalid'],
].flatMap((setting) => ['-c', setting]);

/** One file, as it is to be committed. */
export type FileToCommit = {
  readonly cwd: string;
  readonly path: string;
  readonly content: string;
  readonly message: string;
};

/** True when `cwd` is the top of a git work tree, so that a path in it is a path in the repository. */
export async function isWorkTree(cwd: string): Promise<boolean> {
  const answer = await tryGit({ folder: cwd, filters: [] }, ['rev-parse', '--show-prefix']);
  return answer !== null && answer === '';
}

/**
 * Commits one file on the current branch and returns the commit's short id. By plumbing and with the repository's
 * filters emptied: `git add` and `git commit` would run its hooks, and any write of the index its filters, to see
 * whether a file that was just touched has changed.
 * 1. the content becomes an object, unfiltered;
 * 2. the index takes it under its path;
 * 3. the index becomes a tree, the tree a commit, the branch points at it.
 */
export async function commitFile(file: FileToCommit): Promise<string> {
  const { path, content, message } = file;
  const place = { folder: file.cwd, filters: await filterKeys(file.cwd) };
  const blob = await git(place, ['hash-object', '-w', '--no-filters', '--stdin'], content);
  await git(place, ['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`]);
  const tree = await git(place, ['write-tree']);
  const parent = await tryGit(place, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  const parents = parent === null ? [] : ['-p', parent];
  const commit = await git(place, ['commit-tree', tree, ...parents, '-m', message]);
  await git(place, [
    'update-ref',
    '-m',
    `demo: ${message}`,
    'HEAD',
    commit,
    ...(parent === null ? [] : [parent]),
  ]);
  return commit.slice(0, 8);
}

type Place = { readonly folder: string; readonly filters: readonly string[] };

/** The configuration keys by which this repository would run a filter. Reading them runs nothing. */
async function filterKeys(folder: string): Promise<string[]> {
  const pattern = '^filter\\..*\\.(clean|smudge|process|required)$';
  const keys = await tryGit({ folder, filters: [] }, [
    'config',
    '-z',
    '--name-only',
    '--get-regexp',
    pattern,
  ]);
  return [...new Set((keys ?? '').split('\0').filter((key) => key !== ''))];
}

async function git(place: Place, args: readonly string[], stdin?: string): Promise<string> {
  const result = await runCommand('git', [...hardened, ...args], {
    cwd: place.folder,
    env: {
      PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
      HOME: '/nonexistent',
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      ...emptied(place.filters),
    },
    timeoutMs: gitTimeoutMs,
    ...(stdin !== undefined && { stdin }),
  });
  if (result.code !== 0) throw new Error(`git ${args[0]}: ${result.stderr.toString().trim() || 'failed'}`);
  return result.stdout.toString().trim();
}

/** Through the environment, because a name may hold `=`, which `-c` would take for its own. */
function emptied(keys: readonly string[]): Record<string, string> {
  const entries = keys.flatMap((key, index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, key.endsWith('.required') ? 'false' : ''],
  ]);
  return { GIT_CONFIG_COUNT: String(keys.length), ...Object.fromEntries(entries) };
}

async function tryGit(place: Place, args: readonly string[]): Promise<string | null> {
  try {
    return await git(place, args);
  } catch {
    return null; // no repository, no commit yet, no filter: all are ordinary here
  }
}
