import { lstatSync, statSync } from 'node:fs';
import { silentLog } from '../../base/index.ts';
import { isAppError } from '../../contract/index.ts';
import { createGit, type Git } from '../../foundation/git/index.ts';
import { type Finding, failure, fine, shellWord, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';

/** `safe.bareRepository`, without which a folder in a repository could pose as one, came with it. */
export const leastGit = [2, 38] as const;
const askTimeoutMs = 10_000;
/** Repositories that git is asked about. */
const maxRepos = 200;

/** git, who commits are by, and the registered repositories. */
export async function checkGit(situation: Situation): Promise<readonly Finding[]> {
  const { env, home } = situation.world.machine;
  const path = situation.installed?.spec?.path ?? env.PATH;
  let git: Git;
  try {
    git = createGit({ env: { ...env, PATH: path, HOME: home }, log: silentLog });
  } catch (error) {
    if (!isAppError(error)) throw error;
    const detail = `It was looked for on ${situation.installed?.spec ? 'the service’s PATH' : 'PATH'}: ${path}`;
    return [failure('git.version', 'There is no git', { detail, command: 'sudo apt-get install git' })];
  }
  return [...(await checkVersion(git)), ...(await checkIdentity(git)), ...(await checkRepos(situation, git))];
}

async function checkVersion(git: Git): Promise<readonly Finding[]> {
  const { stdout } = await git.run('/', ['version'], { trusted: true, timeoutMs: askTimeoutMs });
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(stdout.toString()) ?? [];
  const version = stdout.toString().trim().replace('git version ', '');
  const isNewEnough =
    Number(major) > leastGit[0] || (Number(major) === leastGit[0] && Number(minor) >= leastGit[1]);
  if (isNewEnough) return [fine('git.version', `git ${version}`)];
  return [
    failure('git.version', `git ${version} is too old: drover needs ${leastGit.join('.')}`, {
      detail: 'Older ones lack protections that drover relies on when it opens a repository.',
    }),
  ];
}

async function checkIdentity(git: Git): Promise<readonly Finding[]> {
  const get = async (name: string) => {
    const args = ['config', '--global', '--get', name];
    const { stdout } = await git.run('/', args, { trusted: true, timeoutMs: askTimeoutMs, okCodes: [0, 1] });
    return stdout.toString().trim() !== '';
  };
  const missing: string[] = [];
  for (const name of ['user.name', 'user.email']) if (!(await get(name))) missing.push(name);
  if (missing.length === 0) return [fine('git.identity', 'git knows who commits are by')];
  const placeholder = { 'user.name': '"Your Name"', 'user.email': 'you@example.org' };
  return [
    warning('git.identity', `git does not know who commits are by: ${missing.join(' and ')} not set`, {
      detail:
        'The commits of agents fail with "Please tell me who you are", unless the repository has its own.',
      command: missing
        .map((name) => `git config --global ${name} ${placeholder[name as keyof typeof placeholder]}`)
        .join(' && '),
    }),
  ];
}

async function checkRepos(situation: Situation, git: Git): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  const repos = situation.status?.repos ?? situation.store?.repos ?? [];
  for (const { path, project } of repos.slice(0, maxRepos)) {
    const info = statSync(path, { throwIfNoEntry: false });
    if (info === undefined) {
      found.push(
        warning('git.repo', `The registered repository ${project} is gone: ${path}`, {
          detail: 'Put it back, or forget it; its runs are kept.',
          command: situation.drover(`daemon remove ${shellWord(project)}`),
        }),
      );
      continue;
    }
    const args = ['rev-parse', '--git-dir'];
    const said = await git
      .run(path, args, { trusted: true, timeoutMs: askTimeoutMs })
      .then(() => '')
      .catch((error: unknown) =>
        isAppError(error) ? String(error.fields.stderr ?? error.message) : String(error),
      );
    if (said === '') continue;
    if (/dubious ownership/.test(said)) {
      const owner = lstatSync(path, { throwIfNoEntry: false })?.uid ?? 'another';
      found.push(
        warning('git.repo', `git refuses the repository ${project}: it belongs to uid ${owner} (${path})`, {
          command: `sudo chown -R ${situation.world.machine.uid} ${shellWord(path)}`,
          detail: 'Or, if you trust its owner: git config --global --add safe.directory with this path.',
        }),
      );
    } else {
      found.push(
        warning('git.repo', `git cannot use the repository ${project} (${path})`, {
          command: `git -C ${shellWord(path)} status`,
        }),
      );
    }
  }
  if (repos.length > 0 && found.length === 0) {
    found.push(fine('git.repo', `The registered repositories are there (${repos.length})`));
  }
  return found;
}
