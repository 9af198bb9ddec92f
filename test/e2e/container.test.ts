import { once } from 'node:events';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Run } from '../../src/contract/index.ts';
import {
  buildImage,
  type Container,
  containerSkip,
  type Image,
  makeVolume,
  startContainer,
  type Volume,
} from '../support/container.ts';
import { call } from '../support/http-server.ts';
import { until } from '../support/until.ts';

t.setTimeout(180_000);

const token = 'a-token-of-the-test';
const file = 'drover_admin_token';

/** A free port below those that the system gives to whoever asks for any: nobody else takes it before it is used. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

function writeSecret({ secrets }: Volume, uid: number, mode = 0o400): void {
  const path = join(secrets, file);
  writeFileSync(path, `${token}\n`);
  chownSync(path, uid, uid);
  chmodSync(path, mode);
}

const isHealthy = (container: Container, image: Image) =>
  until('the health check', async () => (await container.exec(...image.healthcheck)).code === 0);

void t.test('the image, carried out without an engine', { skip: containerSkip() }, async (t) => {
  const image = await buildImage();
  t.teardown(image.close);
  const started: Container[] = [];
  t.teardown(async () => {
    for (const container of started) {
      await container.signal('SIGKILL').catch(() => {}); // it ended already
      await container.ended;
    }
  });
  const begin = (...args: Parameters<typeof startContainer>) => {
    const container = startContainer(...args);
    started.push(container);
    return container;
  };

  await t.test(
    'without a token, or with one that others can read, it does not start and says why',
    async (t) => {
      const volume = makeVolume(image, await freePort());

      const without = begin(image, volume);
      t.not(await without.ended, 0);
      writeSecret(volume, 0, 0o444);
      const foreign = begin(image, volume);
      t.not(await foreign.ended, 0);
      writeSecret(volume, image.uid, 0o444);
      const open = begin(image, volume);
      t.not(await open.ended, 0);

      t.match(without.said(), `The admin token file /run/secrets/${file} does not exist`);
      t.match(foreign.said(), `belongs to uid 0, not to uid ${image.uid}`);
      t.match(open.said(), 'is open to other users (mode 0444)');
    },
  );

  await t.test('the health check fails where no daemon runs', async (t) => {
    const idle = begin(image, makeVolume(image, await freePort()), {
      entrypoint: ['sleep'],
      command: ['600'],
    });

    const said = await idle.exec(...image.healthcheck);

    t.equal(said.code, 3, said.err);
  });

  await t.test('it serves by the secret, under its own user, and the door is as outside', async (t) => {
    const volume = makeVolume(image, await freePort());
    writeSecret(volume, image.uid);
    const container = begin(image, volume);
    await isHealthy(container, image);
    const { port } = volume;
    const headers = { authorization: `Bearer ${token}` };

    const whoami = await container.exec('id', '-u');
    const open = await call({ port }, 'GET', '/healthz');
    const without = await call({ port }, 'GET', '/v1/status');
    const withToken = await call({ port }, 'GET', '/v1/status', { headers });
    const byName = await call({ port }, 'GET', '/v1/status', {
      headers: { ...headers, host: `drover:${port}` },
    });
    const rebound = await call({ port }, 'GET', '/v1/status', {
      headers: { ...headers, host: `evil.test:${port}` },
    });

    t.equal(whoami.out.trim(), String(image.uid));
    t.equal(open.status, 200);
    t.equal(without.status, 401);
    t.match(withToken.json, { state_root: '/var/lib/drover', socket: '/run/drover/drover.sock' });
    t.equal(byName.status, 200);
    t.not(rebound.status, 200);
    t.notMatch(container.said(), token, 'the log does not hold the token');
    await container.signal('SIGTERM');
    t.equal(await container.ended, 0);
  });

  await t.test('SIGTERM ends it cleanly; a run that was at work is interrupted, and says so', async (t) => {
    const volume = makeVolume(image, await freePort());
    writeSecret(volume, image.uid);
    const first = begin(image, volume);
    await isHealthy(first, image);
    const made = await first.exec(
      'drover',
      'run',
      '--bg',
      '--json',
      '--agent',
      'command',
      '--',
      'sh',
      '-c',
      'echo so far; sleep 600',
    );
    const { run_id: id } = JSON.parse(made.out) as Run;
    const show = async (container: Container) =>
      JSON.parse((await container.exec('drover', 'runs', 'show', id, '--json')).out) as Run;
    await until('the run to write', async () =>
      (await first.exec('drover', 'runs', 'logs', id)).out.includes('so far'),
    );

    await first.signal('SIGTERM');
    t.equal(await first.ended, 0);
    const second = begin(image, volume);
    await isHealthy(second, image);
    const after = await until('the run to end', async () => {
      const run = await show(second);
      return run.ended_at !== null && run;
    });

    t.equal(after.status, 'interrupted', JSON.stringify(after));
    t.ok((after.reason ?? '').length > 10, after.reason ?? '');
    t.match((await second.exec('drover', 'runs', 'logs', id)).out, 'so far');
    await second.signal('SIGTERM');
    t.equal(await second.ended, 0);
  });

  await t.test('tini reaps what agents leave behind, which the daemon as PID 1 would not', async (t) => {
    const zombiesAfter = async (entrypoint: readonly string[]) => {
      const volume = makeVolume(image, await freePort());
      writeSecret(volume, image.uid);
      const container = begin(image, volume, { entrypoint });
      await isHealthy(container, image);
      const orphans = 'for i in 1 2 3 4 5; do (setsid sleep 0.2 &); done; sleep 0.1';
      const said = await container.exec('drover', 'run', '--agent', 'command', '--', 'sh', '-c', orphans);
      t.equal(said.code, 0, said.err);
      await until('the orphans to end', async () => {
        const { out } = await container.exec(
          'sh',
          '-c',
          'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "',
        );
        return !out.includes('sleep 0.2');
      });
      const zombies = async () => [...(await container.states())].filter((state) => state === 'Z').length;
      return { container, zombies };
    };

    const reaped = await zombiesAfter(image.entrypoint);
    const left = await zombiesAfter(image.entrypoint.slice(2));

    await until('tini to reap', async () => (await reaped.zombies()) === 0);
    t.ok((await left.zombies()) > 0, 'so tini is needed');
    await left.container.signal('SIGTERM');
    t.equal(await left.container.ended, 0, 'the daemon as PID 1 still hears SIGTERM');
  });
});
