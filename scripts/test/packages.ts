/** The programs that some suites need, got from Debian when the person is root there; their absence is said, never fatal. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

type Need = { readonly package: string; readonly file: string };

/** A file that tells that the package is installed, beside each package. */
const needs: readonly Need[] = [
  { package: 'git', file: '/usr/bin/git' },
  { package: 'procps', file: '/usr/bin/ps' },
  { package: 'strace', file: '/usr/bin/strace' },
  { package: 'util-linux', file: '/usr/bin/unshare' },
  { package: 'tmux', file: '/usr/bin/tmux' },
  { package: 'tini', file: '/usr/bin/tini' },
  { package: 'systemd', file: '/lib/systemd/systemd' },
  { package: 'dbus', file: '/usr/bin/dbus-daemon' },
  { package: 'dbus-user-session', file: '/usr/lib/systemd/user/dbus.socket' },
  { package: 'libpam-systemd', file: '/usr/share/pam-configs/systemd' },
  { package: 'libxml2-utils', file: '/usr/bin/xmllint' },
  { package: 'python3', file: '/usr/bin/python3' },
];

const updateTimeoutMs = 120_000;
const installTimeoutMs = 240_000;

const missing = () => needs.filter(({ file }) => !existsSync(file)).map((need) => need.package);

/** Installs what is missing where that can be done; says in one sentence what is missing still and why, or null. */
export function installPackages(): string | null {
  const wanted = missing();
  if (wanted.length === 0) return null;
  const still = (why: string) => `not installed: ${missing().join(' ')} (${why}); what needs them is skipped`;
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get'))
    return still('there is no apt-get here');
  if (process.getuid?.() !== 0) return still('only root may install packages');
  process.stdout.write(`installing ${wanted.join(' ')}\n`);
  const failure =
    aptGet(['update'], updateTimeoutMs) ??
    aptGet(['install', '--yes', '--no-install-recommends', ...wanted], installTimeoutMs);
  if (missing().length === 0) return null;
  return still(failure ?? 'apt-get said nothing');
}

/** Runs apt-get without questions; why it failed, or null. */
function aptGet(args: readonly string[], timeoutMs: number): string | null {
  const { status, error, stderr } = spawnSync('apt-get', ['-qq', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: timeoutMs,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  });
  if (status === 0) return null;
  const said = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
  return `apt-get ${args[0]}: ${said === '' ? `exit code ${status}` : said}`;
}
