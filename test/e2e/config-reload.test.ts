import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Config, Event } from '../../src/contract/index.ts';
import { startWorld, type World, writePrivate } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

t.setTimeout(120_000);

type Reload = { applied: string[]; needs_restart: string[]; unchanged: boolean };

const reloads = async (world: World) =>
  (await world.events()).filter((event: Event) => event.type === 'daemon.reloaded').length;

t.test('SIGHUP and POST /v1/reload say what was applied and what needs a restart', async (t) => {
  const world = await startWorld('max_parallel_runs = 2\n');
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));

  world.configure(
    `max_parallel_runs = 1\naddr = "127.0.0.1:0"\nrepos = ["${repo}"]\n[log]\nlevel = "debug"\n`,
  );
  const said = await world.drover('daemon reload');
  t.equal(said.code, 0);
  t.equal(said.out, 'applied: repos, max_parallel_runs, log.level\nneeds a restart: addr\n');
  t.match(said.err, 'drover daemon restart leaves the runs alone');
  t.match(await world.status(), { address: null, repos: [{ project: 'shop' }] });

  const again = await world.json<Reload>(['daemon', 'reload']);
  t.strictSame(again, { applied: [], needs_restart: ['addr'], unchanged: false }, 'named until the restart');

  const first = await world.start('sleep 60');
  const second = await world.start('sleep 60');
  await world.reach(first.id, 'running');
  await until('a reason', async () => (await world.show(second.id)).reason);
  const before = await reloads(world);
  world.configure('max_parallel_runs = 2\n');
  process.kill((await world.status()).pid, 'SIGHUP');
  await until('the reload', async () => (await reloads(world)) > before);
  await world.reach(second.id, 'running');
  const { applied } =
    (await world.events()).findLast((event) => event.type === 'daemon.reloaded')?.data ?? {};
  t.match(applied, ['repos', 'max_parallel_runs', 'log.level']);
  t.equal((await world.drover('daemon reload')).out, 'nothing changed\n');
  const bare = await world.http('POST', '/v1/reload');
  t.equal(bare.status, 200, 'an empty POST needs no content type');
});

t.test('an agent that is named and not there is a warning, at the reload and after it', async (t) => {
  const world = await startWorld('');
  t.teardown(world.close);
  const expected = [
    /^default_agent names an agent that cannot be started: No agent is called 'nobody'/,
    /^\[roles\] coder names an agent that cannot be started: No agent is called 'nosuch'/,
  ];

  world.configure('default_agent = "nobody"\n[roles]\ncoder = "nosuch"\nreviewer = "demo"\n');
  const said = await world.drover('daemon reload');

  t.equal(said.code, 0);
  t.match(said.err, /^warning: default_agent .*\nwarning: \[roles\] coder .*\n$/);
  t.match((await world.status()).warnings, expected);
  t.equal((await world.status()).warnings.length, 2);
  const doctor = await world.drover('doctor');
  t.match(doctor.out, /\[roles\] coder names an agent that cannot be started/);
});

t.test('a bad file changes nothing and is said everywhere', async (t) => {
  const world = await startWorld('max_parallel_runs = 2\n');
  t.teardown(world.close);
  const cases: [string, RegExp][] = [
    ['max_paralel_runs = 1', /unknown key 'max_paralel_runs'/],
    ['max_parallel_runs = 1\na =', /:2:4: bad TOML/],
    ['max_parallel_runs = 1\n[auth]\nadmin_token_file = "/no/such/file"', /\/no\/such\/file does not exist/],
    ['max_parallel_runs = 0', /'max_parallel_runs' is 0: expected at least 1/],
  ];
  for (const [toml, reason] of cases) {
    world.configure(toml);
    const said = await world.drover('daemon reload');
    const { warnings } = await world.status();
    const http = await world.http('POST', '/v1/reload');

    t.equal(said.code, 2, toml);
    t.match(said.err, reason);
    t.match(warnings, [/^The configuration was not reloaded: /]);
    t.match(warnings[0], reason);
    t.notMatch(warnings[0], '\n');
    t.equal(http.status, 422);
    t.match((await world.drover('status')).out, reason);
  }
  const [log] = [join(world.stateRoot, 'logs', `daemon-${new Date().toISOString().slice(0, 10)}.log`)];
  t.match(readFileSync(String(log), 'utf8'), /the configuration was not reloaded/);
  t.equal(await reloads(world), 0);

  const { pid } = await world.status();
  process.kill(pid, 'SIGHUP');
  world.configure('max_parallel_runs = 3\n');
  const mended = await world.json<Reload>(['daemon', 'reload']);
  t.ok(mended.applied.includes('max_parallel_runs') || (await reloads(world)) > 1);
  t.strictSame((await world.status()).warnings, [], 'the warning is gone');
  t.equal((await world.status()).pid, pid);
});

t.test(
  'a repository of the configuration that is missing is a warning and comes when it is there',
  async (t) => {
    const path = '/tmp/drover-no-such-repository';
    const world = await startWorld(`repos = ["${path}"]\n`);
    t.teardown(world.close);
    t.match((await world.status()).warnings, [/drover-no-such-repository/]);

    const repo = await world.repository(join(world.root, 'shop'));
    world.configure(`repos = ["${repo}"]\n`);
    await world.drover('daemon reload');

    t.match(await world.status(), { warnings: [], repos: [{ path: repo }] });
    t.equal(readFileSync(world.config, 'utf8'), `repos = ["${repo}"]\n`, 'the file is never rewritten');
  },
);

t.test('config.example.toml is a configuration that works', async (t) => {
  const example = readFileSync(new URL('../../config.example.toml', import.meta.url), 'utf8');
  const world = await startWorld(example);
  t.teardown(world.close);
  const reload = await world.json<Reload>(['daemon', 'reload']);

  t.strictSame((await world.status()).warnings, []);
  t.equal(reload.unchanged, true);
  world.configure('');
  const toDefaults = await world.json<Reload>(['daemon', 'reload']);
  t.strictSame(toDefaults.needs_restart, [], 'the example shows the defaults');
});

t.test('a token file is read again when it changes', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const file = writePrivate(join(world.root, 'token'), 'the-first-token-0123456789\n');
  const toml: (keyof Config)[] = ['auth'];
  world.configure(`[${toml[0]}]\nadmin_token_file = "${file}"\n`);
  t.strictSame((await world.json<Reload>(['daemon', 'reload'])).applied, ['auth.admin_token_file']);
  const ask = async (token: string) =>
    (await world.http('GET', '/v1/status', { headers: { authorization: `Bearer ${token}` } })).status;
  t.equal(await ask('the-first-token-0123456789'), 200);

  writePrivate(file, 'the-second-token-0123456789\n');
  await until('the new token', async () => (await ask('the-second-token-0123456789')) === 200);
  t.equal(await ask('the-first-token-0123456789'), 401);
});
