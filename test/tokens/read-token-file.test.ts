import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readTokenFile } from '../../src/foundation/tokens/read-token-file.ts';

const uid = process.getuid?.() ?? 0;
const read = (path: string, owner = uid) => readTokenFile({ kind: 'admin', path, uid: owner });

t.test('a private file with one word in it is a token, with or without a line end', async (t) => {
  const path = join(t.testdir(), 'token');
  for (const text of ['s3cret', 's3cret\n', ' s3cret \r\n']) {
    writeFileSync(path, text, { mode: 0o600 });
    t.equal(read(path), 's3cret');
  }
  symlinkSync(path, `${path}.link`);
  t.equal(read(`${path}.link`), 's3cret', 'a link to such a file will do, as secret mounts have it');
});

t.test('everything else is refused with the reason, and never with the content', async (t) => {
  const folder = t.testdir({ dir: {} });
  const file = (name: string, text: string, mode = 0o600) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  execFileSync('mkfifo', ['-m', '600', join(folder, 'fifo')]);
  const cases: [string, RegExp][] = [
    [join(folder, 'absent'), /does not exist/],
    [join(folder, 'dir'), /is not a regular file/],
    [join(folder, 'fifo'), /is not a regular file/],
    ['/dev/zero', /is not a regular file/],
    [file('group', 'hidden', 0o640), /is open to other users \(mode 0640\)/],
    [file('world', 'hidden', 0o604), /is open to other users \(mode 0604\)/],
    [file('empty', ''), /is empty/],
    [file('blank', ' \n'), /is empty/],
    [file('words', 'hidden hidden'), /more than one word/],
    [file('lines', 'hidden\nhidden\n'), /more than one word/],
    [file('binary', 'hid\u0000den'), /more than one word/],
    [file('huge', 'h'.repeat(5000)), /larger than 4096 bytes/],
  ];
  for (const [path, reason] of cases) {
    t.throws(() => read(path), { code: 'token_file_invalid', exitCode: 2, message: reason }, path);
    try {
      read(path);
    } catch (error) {
      t.notMatch(String(error), /hidden/);
    }
  }
  t.throws(() => read(file('foreign', 'x'), uid + 1), {
    message: new RegExp(`belongs to uid ${uid}, not to`),
  });
});
