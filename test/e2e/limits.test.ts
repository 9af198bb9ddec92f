import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { runCommand } from '../../src/base/index.ts';
import type { Page, Run } from '../../src/contract/index.ts';
import { open } from '../support/http-server.ts';
import { createWorld, startWorld, type World } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

t.setTimeout(180_000);

const command = (script: string) => ({ agent: 'command', command: ['sh', '-c', script] });

t.test(
  'with 64 descriptors and 100 idle clients a run start is refused, and taken when they are gone',
  async (t) => {
    const world = await createWorld();
    t.teardown(world.close);
    const started = await world.run(['daemon', 'start'], { before: 'ulimit -n 64' });
    t.equal(started.code, 0, started.err);
    const { pid } = await world.status();
    const start = () => world.http('POST', '/v1/runs', { body: command('echo hi') });
    t.equal((await start()).status, 201, 'with nobody else there is room');

    for (const say of [
      '',
      'GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n',
    ]) {
      const clients: Socket[] = [];
      for (let index = 0; index < 100; index += 1) {
        const client = open({ socket: world.socket });
        client.on('error', () => {}); // it was closed in favour of another
        client.resume();
        await new Promise((resolve) => client.once('connect', resolve));
        if (say !== '') client.write(say);
        clients.push(client);
      }
      const began = performance.now();
      t.equal((await world.http('GET', '/healthz')).status, 200);
      t.comment(`/healthz in ${(performance.now() - began).toFixed(1)} ms`);
      const refused = await start();
      const what = say === '' ? 'silent' : say.slice(0, 14);
      if (!say.includes('events')) {
        t.match(refused, { status: 503, json: { code: 'busy', hint: String } }, what);
        t.match(refused.json.detail, /file descriptors are left, and a run needs/);
        const said = await world.run(['run', '--agent', 'command', '--', 'true']);
        t.equal(said.code, 7, said.err);
      }
      for (const client of clients) client.destroy();
      const taken = await until('room for a run', async () => {
        const answer = await start();
        return answer.status === 201 ? answer : null;
      });
      await world.reach(String(taken.json.id), 'succeeded');
    }
    t.equal((await world.status()).pid, pid, 'the same daemon');
  },
);

t.test('beyond max_parallel_runs they queue, and say why', async (t) => {
  const world = await startWorld('max_parallel_runs = 2\nmax_parallel_runs_per_repo = 1\n');
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  await world.run(['daemon', 'add', repo]);
  const first = await world.start('sleep 60', '--repo', 'shop');
  await world.reach(first.id, 'running');
  const inRepo = await world.start('true', '--repo', 'shop');
  const other = await world.start('sleep 60');
  await world.reach(other.id, 'running');
  const third = await world.start('true');

  const repoReason = 'Waiting: 1 run is at work in shop, as many as max_parallel_runs_per_repo allows';
  const reason = 'Waiting: 2 runs are at work, as many as max_parallel_runs allows';
  await until('the reason', async () => (await world.show(third.id)).reason === reason);
  t.match((await world.drover(`runs show ${third.id}`)).out, `queued (${reason})`);
  t.match((await world.drover('runs list')).out, `queued: ${reason}`);
  const reasons = (await world.events(inRepo.id)).map(({ data }) => data.reason);
  t.strictSame(reasons, [null, repoReason, reason], 'the journal tells each reason');
  const { items } = await world.json<Page<Run>>(['runs', 'list', '--status', 'queued']);
  t.equal(items.length, 2);

  await world.drover(`runs cancel ${other.id}`);
  await world.reach(third.id, 'succeeded');
  t.equal((await world.drover(`runs cancel ${inRepo.id}`)).code, 0, 'a queued run can be cancelled');
  t.match(await world.show(inRepo.id), { status: 'canceled', started_at: null });
});

t.test('a run that writes, idles or lasts too long is stopped with that reason', async (t) => {
  const world = await startWorld('run_output_limit = "64KiB"\nidle_timeout = "2s"\n');
  t.teardown(world.close);
  const loud = await world.start('yes; true');
  const idle = await world.start('echo once; sleep 60');
  const long = await world.start('while :; do echo x; sleep 0.2; done', '--timeout', '2s');

  for (const [{ id }, why] of [
    [loud, /output|64/],
    [idle, /2s|nothing|idle/],
    [long, /2s|longer|time/],
  ] as const) {
    const ended = await world.reach(id, 'failed', 'canceled', 'succeeded', 'interrupted');
    t.comment(`${ended.status}: ${ended.reason}`);
    t.equal(ended.status, 'failed');
    t.match(ended.reason, why);
  }
});

const canMount = await (async () => {
  const folder = t.testdir({ mount: {} });
  const probe = (file: string, ...args: string[]) =>
    runCommand(file, args, { env: { PATH: process.env.PATH ?? '' }, timeoutMs: 10_000 }).then(
      ({ code }) => code === 0,
      () => false,
    );
  if (!(await probe('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', join(folder, 'mount')))) return false;
  return probe('umount', join(folder, 'mount'));
})();

t.test(
  'a full disk fails the write that hit it, and heals',
  canMount ? {} : { skip: 'needs mount' },
  async (t) => {
    const world = await createWorld();
    mkdirSync(world.stateRoot, { recursive: true, mode: 0o700 });
    const sh = (line: string) =>
      runCommand('sh', ['-c', line], { env: { PATH: process.env.PATH ?? '' }, timeoutMs: 10_000 });
    await sh(`mount -t tmpfs -o size=8m,mode=0700 tmpfs '${world.stateRoot}'`);
    t.teardown(async () => {
      await sh(`umount -l '${world.stateRoot}'`);
      await world.close();
    });
    await world.drover('daemon start');
    const { pid } = await world.status();
    const go = join(world.root, 'go');
    const done = join(world.root, 'done');
    const live = await world.start(
      `for i in 1 2 3; do echo before $i; done; while [ ! -e ${go} ]; do sleep 0.05; done; echo after; touch ${done}; sleep 60`,
    );
    await until('its output', async () => (await outputOf(world, live.id)).includes('before 3'));

    const filler = join(world.stateRoot, 'filler');
    fill(filler);
    t.equal(statfsSync(world.stateRoot).bavail, 0);
    const refused = await until('a write to hit the full disk', async () => {
      const body = {
        agent: 'demo',
        prompt: 'x'.repeat(100_000),
        name: `n${Math.random().toString(36).slice(2)}`,
      };
      const answer = await world.http('POST', '/v1/runs', { body });
      if (answer.status === 201) await world.http('DELETE', `/v1/runs/${answer.json.id}`);
      fill(filler);
      return answer.status === 201 ? null : answer;
    });
    t.match(refused, { status: 507, json: { code: 'storage_failed', hint: String } });
    t.comment(refused.json.detail);
    const said = await world.run(['run', '--agent', 'command', '--', 'true'], { cwd: world.root });
    t.equal(said.code, 7, said.err);

    t.equal((await world.http('GET', '/healthz')).status, 200);
    t.equal((await world.status()).pid, pid, 'reads go on');
    t.match(await world.show(live.id), { status: 'running' });
    t.ok((await world.events(live.id)).length > 3);
    t.equal((await world.drover('status')).code, 0);
    t.equal((await world.drover(`runs logs ${live.id}`)).out, 'before 1\nbefore 2\nbefore 3\n');

    rmSync(filler);
    writeFileSync(go, '');
    await until('the run to go on', async () => (await outputOf(world, live.id)).includes('after'));
    const began = performance.now();
    const next = await until('a write that works again', async () => {
      const answer = await world.http('POST', '/v1/runs', { body: command('echo healed') });
      return answer.status === 201 ? answer : null;
    });
    t.comment(`healed ${(performance.now() - began).toFixed(0)} ms after the space`);
    await world.reach(String(next.json.id), 'succeeded');
    t.equal(await outputOf(world, live.id), 'before 1\nbefore 2\nbefore 3\nafter\n', 'nothing of it is lost');
    t.equal((await world.drover(`runs cancel ${live.id}`)).code, 0);
    t.equal((await world.status()).pid, pid, 'the same daemon');
    const seqs = (await world.events()).map(({ seq }) => seq);
    t.strictSame(
      seqs,
      seqs.map((_, index) => index + 1),
      'the journal has no gap',
    );
    t.equal((await world.drover('stop')).code, 0);
  },
);

async function outputOf(world: World, run: string): Promise<string> {
  const events = await world.events(run);
  return events
    .filter(({ type }) => type === 'output.stdout')
    .map(({ data }) => String(data.text))
    .map((text) => (text.endsWith('\n') ? text : `${text}\n`))
    .join('');
}

/** Writes until there is no room left. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  for (let size = 65_536; size >= 1; ) {
    try {
      writeSync(file, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      size = Math.floor(size / 2);
    }
  }
  closeSync(file);
}
