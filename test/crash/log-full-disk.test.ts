import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const fixture = fileURLToPath(new URL('../fixtures/log-flood.ts', import.meta.url));
/** Mounts a file system of 1 MiB over `$0` in a mount namespace of its own. */
const mount = 'mount -t tmpfs -o size=1m tmpfs "$0"';
const hasMounts = spawnSync('unshare', ['-rm', 'sh', '-c', mount, '/tmp']).status === 0;

t.test(
  'a full disk loses log lines, says how many, and heals by itself',
  {
    skip: hasMounts ? false : 'needs user namespaces',
  },
  async (t) => {
    const folder = t.testdir();
    const script = `${mount} && exec "$1" "$2" "$0"`;

    const { stdout, stderr, status } = spawnSync(
      'unshare',
      ['-rm', 'sh', '-c', script, folder, process.execPath, fixture],
      { encoding: 'utf8', timeout: 60_000 },
    );

    t.equal(status, 0, stderr);
    const result = JSON.parse(stdout);
    t.comment(stdout);
    t.ok(result.dropped >= 100, 'the disk was full');
    t.equal(result.wasFailing, true);
    t.equal(result.isFailing, false);
    t.equal(result.kept, result.logged - result.dropped, 'every other line is there, whole');
    t.equal(
      result.told.reduce((sum: number, lost: number) => sum + lost, 0),
      result.dropped,
    );
    t.equal(result.last, result.logged - 1);
  },
);
