import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { AppError } from '../../contract/index.ts';

/** The absolute entries of a PATH: a relative or empty one would name a program inside the repository. */
export function absolutePath(path: string | undefined): string {
  const entries = (path ?? '').split(delimiter).filter(isAbsolute);
  return entries.length > 0 ? entries.join(delimiter) : '/usr/local/bin:/usr/bin:/bin';
}

/** The git program, found once by its absolute path. Throws `git_missing` when there is none. */
export function findGit(path: string): string {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, 'git');
    try {
      if (!statSync(file).isFile()) continue;
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not in this folder: look in the next
    }
  }
  throw new AppError('git_missing', 'No git was found in PATH', {
    hint: 'install git 2.38 or later, or give the daemon a PATH that leads to it',
  });
}

/**
 * The whole environment of a git call. Nothing of the daemon's own is inherited but PATH, HOME, TMPDIR
 * and XDG_CONFIG_HOME: so no GIT_* variable, no agent of ssh, no SUDO_UID. Every way to ask, to edit, to page or to reach a network is closed.
 */
export function fixedEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  trusted: boolean,
): Record<string, string> {
  const fixed: Record<string, string> = {
    PATH: absolutePath(env.PATH),
    HOME: env.HOME ?? '/',
    LC_ALL: 'C',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_ASKPASS: 'false',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_EDITOR: 'false',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PAGER: 'cat',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_SEQUENCE_EDITOR: 'false',
    GIT_SSH_COMMAND: 'false',
    GIT_TERMINAL_PROMPT: '0',
    SSH_ASKPASS: 'false',
  };
  for (const name of ['TMPDIR', 'XDG_CONFIG_HOME']) {
    const value = env[name];
    if (value !== undefined && isAbsolute(value)) fixed[name] = value;
  }
  if (trusted) return fixed;
  // The operator's own configuration names programs too (git-lfs), which a hostile .gitattributes could set to work.
  return {
    ...fixed,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
}
