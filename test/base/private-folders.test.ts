import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makePrivateFolders } from '../../src/base/index.ts';

t.test(
  'all folders that are missing are made for this user alone, the others are left as they are',
  async (t) => {
    const folder = join(t.testdir(), 'open');
    mkdirSync(folder);
    chmodSync(folder, 0o755);

    makePrivateFolders(join(folder, 'a/b'));
    makePrivateFolders(join(folder, 'a/b'));

    for (const [path, mode] of [
      ['', 0o755],
      ['a', 0o700],
      ['a/b', 0o700],
    ] as const)
      t.equal(statSync(join(folder, path)).mode & 0o777, mode, path);
    writeFileSync(join(folder, 'file'), '');
    t.throws(() => makePrivateFolders(join(folder, 'file/below')), { code: 'ENOTDIR' });
    t.throws(() => makePrivateFolders('/proc/none/below'), { code: 'ENOENT' });
  },
);

t.test('one of several that made the same folders at the same time gave up', async (t) => {
  const base = t.testdir();
  const module = new URL('../../src/base/private-folders.ts', import.meta.url).href;
  const script = `import { makePrivateFolders } from ${JSON.stringify(module)};
    const until = Number(process.argv[1]);
    while (Date.now() < until);
    for (let round = 0; round < 300; round += 1) makePrivateFolders(\`${base}/\${round}/a/b/c\`);`;
  const start = `${Date.now() + 500}`;

  const ends = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, start], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      return (await once(child, 'exit'))[0];
    }),
  );

  t.strictSame(ends, [0, 0, 0, 0]);
});
