import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { isListening } from '../../src/base/index.ts';

/** A folder whose path leaves room for a socket's. */
const folder = mkdtempSync(join(tmpdir(), 'drover-s-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

t.test('a listener is there, also one that cannot take another connection now', async (t) => {
  const path = join(folder, 'busy');
  const server = createServer((peer) => peer.destroy());
  await new Promise<void>((resolve) => server.listen({ path, backlog: 1 }, resolve));
  t.teardown(() => server.close());
  t.equal(await isListening(path), true);

  const failures: unknown[] = [];
  const crowd: Socket[] = Array.from({ length: 8 }, () =>
    connect(path).on('error', ({ code }: NodeJS.ErrnoException) => failures.push(code)),
  );
  const answer = isListening(path); // in the same turn of the loop, in which nobody is accepted
  t.equal(await answer, true);
  for (const each of crowd) each.destroy();
  if (process.platform === 'linux') t.ok(failures.includes('EAGAIN'), 'it was full');
});

t.test('a socket that was left, another file and nothing are no listener', async (t) => {
  const left = join(folder, 'left');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve));
  renameSync(join(folder, 's'), left); // closing removes only the path that it was made at
  await new Promise((resolve) => server.close(resolve));
  writeFileSync(join(folder, 'file'), '');

  for (const path of [left, join(folder, 'file'), join(folder, 'none')])
    t.equal(await isListening(path), false, path);
});
