import { chmod, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { prepareStateRoot } from '../../src/daemon/state-root.ts';

const uid = process.getuid?.() ?? 0;
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

t.test('a missing state root is made for this user alone, with the folders above it', async (t) => {
  const path = join(t.testdir(), 'share', 'state', 'drover');

  await prepareStateRoot({ path, uid });

  t.equal(await modeOf(path), 0o700);
});

t.test('one that others may read is closed to them; a link to a folder is followed', async (t) => {
  const folder = t.testdir({ real: {} });
  await chmod(join(folder, 'real'), 0o755);
  await symlink(join(folder, 'real'), join(folder, 'link'));

  await prepareStateRoot({ path: join(folder, 'link'), uid });

  t.equal(await modeOf(join(folder, 'real')), 0o700);
});

t.test('one that another user owns is refused and not touched', async (t) => {
  const path = t.testdir();
  await chmod(path, 0o755);

  await t.rejects(prepareStateRoot({ path, uid: uid + 1 }), {
    code: 'state_root_foreign',
    message: `The state root ${path} belongs to uid ${uid}, not to uid ${uid + 1}`,
    exitCode: 4,
  });
  t.equal(await modeOf(path), 0o755);
});

t.test('one that others can write is refused: what is in it may be theirs', async (t) => {
  const path = t.testdir();
  for (const mode of [0o777, 0o770, 0o702]) {
    await chmod(path, mode);
    await t.rejects(prepareStateRoot({ path, uid }), { code: 'state_root_foreign', hint: /chmod 700/ });
  }
});

t.test('a file in its place, or above it, is refused', async (t) => {
  const path = join(t.testdir({ file: '' }), 'file');

  await t.rejects(prepareStateRoot({ path, uid }), { code: 'not_a_directory' });
  await t.rejects(prepareStateRoot({ path: join(path, 'below'), uid }), { code: 'not_a_directory' });
});

t.test('one that cannot be made says why', async (t) => {
  await t.rejects(prepareStateRoot({ path: '/proc/drover/state', uid }), { message: /cannot be made: E/ });
});
