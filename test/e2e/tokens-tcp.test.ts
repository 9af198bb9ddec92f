import { join } from 'node:path';
import t from 'tap';
import { type Answer, call } from '../support/http-server.ts';
import { startWorld, type World, writePrivate } from '../support/real-daemon.ts';

t.setTimeout(120_000);

const admin = 'an-admin-token-0123456789abcdef';
const readonly = 'a-readonly-token-0123456789abcdef';

/** A daemon on TCP with both tokens in files. */
async function startTcp(toml = ''): Promise<World> {
  const world = await startWorld();
  await world.drover('stop');
  const files = {
    admin: writePrivate(join(world.root, 'admin'), `${admin}\n`),
    readonly: writePrivate(join(world.root, 'readonly'), `${readonly}\n`),
  };
  world.configure(
    `addr = "127.0.0.1:0"\n[auth]\nadmin_token_file = "${files.admin}"\nreadonly_token_file = "${files.readonly}"\n${toml}`,
  );
  await world.drover('daemon start');
  return world;
}

async function portOf(world: World): Promise<number> {
  return Number((await world.status()).address?.split(':').at(-1));
}

t.test('TCP needs a token, a read-only one may not write, and the command line takes both', async (t) => {
  const world = await startTcp();
  t.teardown(world.close);
  const port = await portOf(world);
  const ask = (method: string, path: string, token?: string, host = `127.0.0.1:${port}`): Promise<Answer> =>
    call({ port }, method, path, {
      headers: { host, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    });

  t.equal((await ask('GET', '/healthz')).status, 200);
  t.equal((await ask('GET', '/readyz')).status, 200);
  t.match(await ask('GET', '/v1/status'), { status: 401, json: { code: 'unauthorized' } });
  t.match(await ask('GET', '/v1/status', 'wrong'), { status: 401 });
  t.equal((await ask('GET', '/v1/status', readonly)).status, 200);
  t.match(await ask('POST', '/v1/reload', readonly), { status: 403, json: { code: 'forbidden' } });
  t.match(await ask('POST', '/v1/shutdown', readonly), { status: 403 });
  t.equal((await ask('POST', '/v1/reload', admin)).status, 200);
  t.match(await ask('GET', '/v1/status', admin, 'evil.example'), {
    status: 403,
    json: { code: 'origin_refused' },
  });
  t.equal((await ask('GET', '/v1/status', admin, `localhost:${port}`)).status, 200);

  const cli = (token: string, args: string) =>
    world.run([...args.split(' '), `--daemon=127.0.0.1:${port}`], { env: { DROVER_TOKEN: token } });
  t.equal((await cli(admin, 'status')).code, 0);
  t.equal((await cli(readonly, 'runs list')).code, 0);
  const refused = await cli(readonly, 'daemon reload');
  t.equal(refused.code, 4);
  t.match(refused.err, /read-only|rights|may not/);
  t.equal((await cli('', 'status')).code, 4);
  const fromFile = await world.run(['status', `--daemon=127.0.0.1:${port}`], {
    env: { DROVER_TOKEN_FILE: join(world.root, 'readonly') },
  });
  t.equal(fromFile.code, 0);
  const nobody = await world.drover('status --daemon 127.0.0.1:1');
  t.equal(nobody.code, 3);

  const lowered = await world.http('POST', '/v1/reload', {
    headers: { authorization: `Bearer ${readonly}` },
  });
  t.equal(lowered.status, 403, 'a token presented at the socket lowers the rights');
  const wrong = await world.http('GET', '/v1/status', { headers: { authorization: 'Bearer nope' } });
  t.equal(wrong.status, 401);
});

t.test('a Host that is allowed by name, and stop of a daemon elsewhere', async (t) => {
  const world = await startTcp('[http]\nallowed_hosts = ["box.example"]\n');
  t.teardown(world.close);
  const port = await portOf(world);
  const ask = (host: string) =>
    call({ port }, 'GET', '/v1/status', { headers: { host, authorization: `Bearer ${admin}` } });

  t.equal((await ask(`box.example:${port}`)).status, 200);
  t.equal((await ask('other.example')).status, 403);
  const stopped = await world.run(['stop', `--daemon=127.0.0.1:${port}`], { env: { DROVER_TOKEN: admin } });
  t.equal(stopped.code, 0, stopped.err);
  t.equal((await world.drover('status')).code, 3);
});

t.test('mode none opens loopback without a token, and only loopback', async (t) => {
  const world = await startWorld('addr = "127.0.0.1:0"\n[auth]\nmode = "none"\n');
  t.teardown(world.close);
  const port = await portOf(world);
  const status = (headers: Record<string, string>) =>
    call({ port }, 'GET', '/v1/status', { headers: { host: `127.0.0.1:${port}`, ...headers } });

  t.equal((await status({})).status, 200);
  t.equal((await status({ origin: 'http://evil.example' })).status, 403, 'a web page still gets nothing');
  t.equal((await status({ host: 'evil.example' })).status, 403);
});

t.test('no token is ever in an argument, an environment that others see, a log or a file', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  await world.drover('stop');
  const started = await world.run([
    'daemon',
    'start',
    '--addr=127.0.0.1:0',
    `--http-admin-token=${admin}`,
    `--http-readonly-token=${readonly}`,
  ]);
  t.equal(started.code, 0, started.err);
  const { pid } = await world.status();
  const { out } = await world.run(['--version'], {
    before: `tr '\\0' '\\n' < /proc/${pid}/cmdline; grep -rl -e ${admin} -e ${readonly} ${world.stateRoot}; true`,
  });

  t.notMatch(out, admin);
  t.notMatch(out, readonly);
  t.notMatch(out, world.stateRoot, 'no file of the state root holds a token');
});

t.test('inside a run its token reads, and steers nothing', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  await world.drover(`daemon add ${repo}`);
  const other = await world.start('sleep 60', '--name', 'other');
  const asking = await world.run(['run', '--agent', 'demo', 'x']);
  t.equal(asking.code, 8);
  const [approval] = (await world.json<{ items: { id: string }[] }>(['approvals'])).items;

  const lines: [string, number][] = [
    ['status', 0],
    ['runs list', 0],
    [`runs show ${other.id}`, 0],
    ['approvals', 0],
    [`approvals allow ${approval?.id}`, 4],
    [`approvals deny ${approval?.id}`, 4],
    [`daemon trust ${repo}`, 4],
    [`daemon remove shop`, 4],
    ['runs cancel other', 4],
    ['daemon stop', 4],
    ['stop', 4],
    ['daemon restart', 4],
    ['daemon reload', 4],
    ['run --agent command -- true', 4],
    [`stop --state-root ${world.stateRoot}`, 4],
    ['daemon start', 0],
  ];
  const script = lines
    .map(
      ([line], index) =>
        `"${process.execPath}" "${world.program}" ${line} >/dev/null 2>err; echo "${index} $? $(head -1 err)"`,
    )
    .join('\n');
  const { pid } = await world.status();
  const run = await world.run(['run', '--agent', 'command', '--', 'sh', '-c', script]);

  t.equal(run.code, 0, run.err);
  const said = run.out.trim().split('\n');
  for (const [index, [line, code]] of lines.entries()) {
    t.match(`${said[index]} `, new RegExp(`^${index} ${code} `), `${line}: ${said[index]}`);
    if (code === 4) t.match(said[index], /error: .+/, line);
  }
  t.equal((await world.status()).pid, pid, 'the same daemon');
  t.match(await world.show(other.id), { status: 'running' });
  t.match((await world.json<{ items: object[] }>(['approvals'])).items, [
    { id: approval?.id, status: 'pending' },
  ]);
});

t.test('the token of a run dies with it', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const run = await world.run(['run', '--agent', 'command', '--', 'sh', '-c', 'echo "$DROVER_RUN_TOKEN"']);
  const token = run.out.trim();
  t.match(token, /^\S{20,}$/);

  const late = await world.http('GET', '/v1/status', { headers: { authorization: `Bearer ${token}` } });

  t.equal(late.status, 401);
});
