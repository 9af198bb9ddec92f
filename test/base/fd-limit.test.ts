import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import t from 'tap';
import { fileDescriptorRoom } from '../../src/base/index.ts';

t.test('room shrinks with every open file and comes back', async (t) => {
  const before = fileDescriptorRoom();
  const files = Array.from({ length: 10 }, () => openSync('/dev/null', 'r'));

  t.equal(before - fileDescriptorRoom(), 10);
  for (const file of files) closeSync(file);
  t.equal(fileDescriptorRoom(), before);
});

t.test('with every descriptor in use there is no room, and asking does not fail', async (t) => {
  const script = `
    import { openSync, closeSync } from 'node:fs';
    const { fileDescriptorRoom } = await import(process.argv[1]);
    const rooms = [fileDescriptorRoom()];
    const files = [];
    try { for (;;) files.push(openSync('/dev/null', 'r')); } catch {}
    rooms.push(fileDescriptorRoom());
    closeSync(files.pop()); closeSync(files.pop());
    rooms.push(fileDescriptorRoom());
    console.log(JSON.stringify(rooms));`;
  const output = execFileSync('sh', [
    '-c',
    'ulimit -n 64; exec "$0" --input-type=module -e "$1" "$2"',
    process.execPath,
    script,
    new URL('../../src/base/fd-limit.ts', import.meta.url).href,
  ]);
  const [start = 0, full, freed] = JSON.parse(output.toString()) as number[];

  t.ok(start > 20 && start < 64, `${start} of 64 at start`);
  t.equal(full, 0);
  t.equal(freed, 2);
});
