import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Test, test } from 'tap';
import { readText, request } from '../../src/client/request.ts';

/** A server that cuts its first connections in the middle of a request, and answers the later ones. */
async function cutting(t: Test, cuts: number): Promise<{ path: string; asked: () => number }> {
  let asked = 0;
  const server: Server = createServer((incoming, outgoing) => {
    asked += 1;
    if (asked <= cuts) incoming.socket.destroy();
    else outgoing.end('here');
  });
  const folder = mkdtempSync(join(tmpdir(), 'drover-cut-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 's');
  server.listen(path);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { path, asked: () => asked };
}

const ask = (path: string, method: string) =>
  request({ kind: 'socket', path, token: undefined }, { method, path: '/', deadlineMs: 10_000 });

test('a GET that was cut before an answer is asked once more', async (t) => {
  const { path, asked } = await cutting(t, 1);
  t.equal(await readText(await ask(path, 'GET')), 'here');
  t.equal(asked(), 2);
});

test('and no more often than that', async (t) => {
  const { path, asked } = await cutting(t, 5);
  await t.rejects(ask(path, 'GET'), { code: 'busy', message: /ECONNRESET/, hint: 'try again' });
  t.equal(asked(), 2);
});

test('what may change something is never sent twice', async (t) => {
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const { path, asked } = await cutting(t, 1);
    await t.rejects(ask(path, method), { code: 'busy' });
    t.equal(asked(), 1, method);
  }
});
