import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { access, cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/base/index.ts';

/** Boots a real systemd in throw-away namespaces and runs one command in it as an ordinary user. */
export const systemdScript = fileURLToPath(new URL('./user-systemd.sh', import.meta.url));
const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Why a real user manager cannot be had here, by name; false when it can. For tap's `skip`. */
export function systemdSkip(): string | false {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root, to make namespaces';
  for (const [path, name] of [
    ['/lib/systemd/systemd', 'systemd'],
    ['/usr/bin/dbus-daemon', 'dbus'],
    ['/usr/lib/systemd/user/dbus.socket', 'dbus-user-session'],
  ] as const) {
    if (!existsSync(path))
      return `needs the package ${name} (apt-get install systemd dbus dbus-user-session)`;
  }
  const namespaces = ['--mount', '--pid', '--cgroup', '--net', '--fork', 'true'];
  const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  if (spawnSync('unshare', namespaces, { env, timeout: 10_000 }).status !== 0)
    return 'needs leave to make namespaces, which this container does not give (docker run --privileged)';
  return false;
}

/** A checkout and a Node that the user inside can read, and how to give them up again. */
export type ReadableCheckout = {
  readonly root: string;
  readonly node: string;
  readonly remove: () => Promise<void>;
};

/**
 * This checkout, if every folder above it and above Node lets others in; else a copy, under /tmp, of what `needs` names
 * (paths below the checkout) and of Node.
 */
export async function readableCheckout(needs: readonly string[]): Promise<ReadableCheckout> {
  const node = await realpath(process.execPath);
  const paths = [node, ...needs.map((path) => join(checkout, path))];
  if (paths.every(isOpenToOthers)) return { root: checkout, node, remove: async () => {} };
  const root = await mkdtemp('/tmp/drover-checkout-');
  for (const path of needs) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await cp(join(checkout, path), join(root, path), { recursive: true });
  }
  await cp(node, join(root, 'node'));
  await runCommand('chmod', ['-R', 'a+rX', root], { env: { PATH: '/usr/bin:/bin' }, timeoutMs: 60_000 });
  await access(join(root, 'node'));
  return { root, node: join(root, 'node'), remove: () => rm(root, { recursive: true, force: true }) };
}

function isOpenToOthers(path: string): boolean {
  for (let current = path; ; current = dirname(current)) {
    const { mode } = statSync(current);
    if ((mode & 0o005) !== 0o005 && !(current === path && (mode & 0o004) !== 0)) return false;
    if (current === dirname(current)) return true;
  }
}
