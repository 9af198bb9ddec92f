import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { createWorld, startWorld, writePrivate } from '../support/real-daemon.ts';

t.setTimeout(280_000);

const isRoot = process.getuid?.() === 0;
const needsRoot = isRoot ? {} : { skip: 'needs root, to give a folder to another user' };
const longPath = `/tmp/${'x'.repeat(110)}/s`;

t.test('a configuration that is wrong: which key, where, and what was meant', async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  const cases: [string, RegExp, RegExp][] = [
    ['max_paralel_runs = 3', /:1:1: unknown key 'max_paralel_runs'/, /did you mean 'max_parallel_runs'\?/],
    ['\n[auth]\nmod = "none"', /:3:1: unknown key 'auth.mod'/, /did you mean 'auth.mode'\?/],
    ['poll_interval_sec = "x"', /:1:1: 'poll_interval_sec' is "x": expected a number/, /config.md/],
    ['repos = []\na = \n', /:2:5: bad TOML: .*\n +2 \| a = \n +\^/, /strings need quotes/],
    ['run_timeout = "5 weeks"', /'run_timeout' is "5 weeks": expected a duration such as 30s/, /hint/],
    ['addr = "example.com:80"', /'example.com:80' is not an address to listen on/, /127\.0\.0\.1:7777/],
    [`socket_path = "${longPath}"`, /has 117 bytes; 107 is the limit/, /choose a shorter one/],
    ['a = 1\nb = 2', /:1:1: unknown key 'a'\n {2}.*:2:1: unknown key 'b'/, /hint/],
  ];
  for (const [toml, says, hints] of cases) {
    world.configure(toml);
    for (const start of toml.startsWith('max') ? ['daemon start', 'serve'] : ['serve']) {
      const said = await world.drover(start);
      t.equal(said.code, 2, toml);
      t.match(said.err, says, `${start}: ${toml}`);
      t.match(said.err, hints, toml);
    }
  }
  const gone = await world.drover('daemon start --config /no/such/daemon.toml');
  t.equal(gone.code, 2);
  t.match(gone.err, 'Cannot read the configuration /no/such/daemon.toml: there is no such file');
  const json = await world.drover('daemon start --config /no/such/daemon.toml --json');
  t.match(JSON.parse(json.err), { code: 'config_unreadable', status: 422 });
});

t.test('a configuration that is named is the one that holds', async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  const config = join(world.root, 'other.toml');
  writeFileSync(config, 'repos = ["/no/such/place"]\n');

  const started = await world.run(['daemon', 'start', '--config', config]);
  const again = await world.run(['daemon', 'start', '--config', config]);

  t.equal(started.code, 0);
  t.match(started.err, /warning: .*\/no\/such\/place/, 'a missing repository is a warning');
  t.equal((await world.status()).config, config);
  t.match(again.err, 'it keeps what it was started with');
});

t.test('a state root or a socket that will not do', async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  const file = join(world.root, 'file');
  writeFileSync(file, '');
  const open = join(world.root, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  const cases: [string, number, RegExp, RegExp][] = [
    [`--socket ${longPath}`, 2, /The socket path '.*' has 117 bytes; 107 is the limit/, /--socket/],
    [`--state-root ${open}`, 4, /can be written by other users \(mode 0777\)/, /chmod 700/],
    [`--state-root ${file}`, 2, /is not a folder/, /--state-root/],
    [`--socket ${open}/s`, 4, new RegExp(open), /chmod 700|another/],
    ['--state-root /proc/x', 7, /The state root \/proc\/x cannot be made/, /--state-root/],
  ];
  for (const [flags, code, says, hints] of cases) {
    const said = await world.drover(`daemon start ${flags}`);
    t.equal(said.code, code, `${flags}: ${said.err}`);
    t.match(said.err, says);
    t.match(said.err, hints);
  }
});

t.test('a state root or a socket folder of another user', needsRoot, async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  const theirs = join(world.root, 'theirs');
  mkdirSync(theirs, { mode: 0o700 });
  chownSync(theirs, 54_321, 54_321);

  const state = await world.drover(`daemon start --state-root ${theirs}`);
  const socket = await world.drover(`daemon start --socket ${theirs}/s`);

  t.equal(state.code, 4);
  t.match(state.err, `The state root ${theirs} belongs to uid 54321, not to uid 0`);
  t.match(state.err, '--state-root or $DROVER_STATE_ROOT');
  t.equal(socket.code, 4, socket.err);
  t.match(socket.err, theirs);
  t.strictSame(readdirSync(theirs), [], 'nothing was written there');
});

t.test('a port that is in use, and an address this machine does not have', async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address() as { port: number };
  t.teardown(() => holder.close());
  const token = writePrivate(join(world.root, 'token'), 'a-token-of-my-own-0123456789\n');
  world.configure(`[auth]\nadmin_token_file = "${token}"\n`);

  const taken = await world.drover(`daemon start --addr 127.0.0.1:${port}`);
  const foreign = await world.drover(`daemon start --addr 203.0.113.5:${port}`);
  const fine = await world.drover('daemon start');

  t.equal(taken.code, 6);
  t.match(taken.err, `Cannot listen on 127.0.0.1:${port}`);
  t.equal(foreign.code, 2);
  t.match(foreign.err, 'EADDRNOTAVAIL');
  t.equal(fine.code, 0, 'nothing of the failed starts is in the way');
});

t.test('token files that cannot be used', async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  const admin = join(world.root, 'admin');
  const readonly = join(world.root, 'readonly');
  const cases: [string, () => void, RegExp, RegExp][] = [
    ['admin', () => {}, /The admin token file .* does not exist/, /chmod 600/],
    ['admin', () => writePrivate(admin, ''), /The admin token file .* is empty/, /openssl rand -hex 32/],
    ['admin', () => mkdirSync(admin), /is not a regular file/, /holds the token alone/],
    [
      'admin',
      () => {
        writePrivate(admin, 'abcdefghijklmnopqrstuvwxyz');
        chmodSync(admin, 0o644);
      },
      /is open to other users \(mode 0644\)/,
      /chmod 600/,
    ],
    [
      'admin readonly',
      () => {
        writePrivate(admin, 'abcdefghijklmnopqrstuvwxyz');
        writePrivate(readonly, 'abcdefghijklmnopqrstuvwxyz\n');
      },
      /The admin token and the read-only token are the same/,
      /a token of its own/,
    ],
    [
      'readonly',
      () => writePrivate(readonly, 'abcdefghijklmnopqrstuvwxyz'),
      /no admin token/,
      /admin_token_file/,
    ],
    ['', () => {}, /Listening on 127.0.0.1:0 needs a token/, /auth\.admin_token_file/],
  ];
  for (const [files, prepare, says, hints] of cases) {
    rmSync(admin, { recursive: true, force: true });
    rmSync(readonly, { force: true });
    prepare();
    const keys = files
      .split(' ')
      .filter(Boolean)
      .map((name) => `${name}_token_file = "${join(world.root, name)}"`);
    world.configure(['addr = "127.0.0.1:0"', '[auth]', ...keys].join('\n'));
    const said = await world.drover('daemon start');
    t.equal(said.code, 2, said.err);
    t.match(said.err, says);
    t.match(said.err, hints);
    t.notMatch(said.err, 'abcdefgh', 'no token is ever shown');
  }
  world.configure('addr = "0.0.0.0:0"\n[auth]\nmode = "none"\n');
  const none = await world.drover('daemon start');
  t.equal(none.code, 2);
  t.match(none.err, 'auth.mode = "none" is not allowed on 0.0.0.0:0, which other machines can reach');
});

t.test(
  'a path that is missing or no repository, an id that is unknown, wrong JSON, an oversized body',
  async (t) => {
    const world = await startWorld();
    t.teardown(world.close);
    mkdirSync(join(world.root, 'plain'));
    writeFileSync(join(world.root, 'file'), '');
    symlinkSync(join(world.root, 'nowhere'), join(world.root, 'dangling'));
    const cases: [string[], number, RegExp, RegExp | null][] = [
      [['daemon', 'add', `${world.root}/gone`], 2, /gone does not exist/, null],
      [['daemon', 'add', `${world.root}/dangling`], 2, /dangling does not exist/, null],
      [['daemon', 'add', `${world.root}/plain`], 2, /plain is not inside a git work tree/, /hint/],
      [['daemon', 'add', `${world.root}/file`], 2, /file is not a folder|file is not a directory/, null],
      [['daemon', 'remove', 'nosuch'], 5, /nosuch/, /drover daemon repos/],
      [
        ['daemon', 'trust', 'repo_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
        5,
        /repo_01ARZ3NDEKTSV4RRFFQ69G5FAV/,
        /drover daemon repos/,
      ],
      [
        ['runs', 'show', 'run_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
        5,
        /No run 'run_01ARZ3NDEKTSV4RRFFQ69G5FAV'/,
        /drover runs list/,
      ],
      [['runs', 'cancel', 'nosuch'], 5, /No run 'nosuch'/, /drover runs list/],
      [['runs', 'logs', 'nosuch'], 5, /No run/, null],
      [['attach', 'nosuch'], 5, /No run/, null],
      [
        ['approvals', 'allow', 'apr_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
        5,
        /apr_01ARZ3NDEKTSV4RRFFQ69G5FAV/,
        /drover approvals/,
      ],
      [['run', '--repo', 'nosuch', '--agent', 'demo', 'x'], 5, /nosuch/, /drover daemon repos/],
      [['run', '--agent', 'nosuch', 'x'], 2, /nosuch/, /hint/],
      [['run'], 2, /A run needs a prompt/, /drover run "/],
      [['run', '--timeout', 'soon', '--agent', 'demo', 'x'], 2, /soon/, /30m|5m/],
      [['runs', 'list', '--limit', 'x'], 2, /limit/, null],
      [['runs', 'list', '--status', 'nope'], 2, /nope/, null],
      [['runs', 'lsit'], 2, /There is no command 'runs lsit'/, /drover runs list/],
      [['run', '--agnet', 'demo', 'x'], 2, /has no option --agnet/, /--agent/],
    ];
    for (const [argv, code, says, hints] of cases) {
      const said = await world.run(argv);
      t.equal(said.code, code, `${argv.join(' ')}: ${said.err}`);
      t.match(said.err, says);
      if (hints !== null) t.match(said.err, hints, `${argv.join(' ')} says what next`);
    }

    const post = (body: string) => world.http('POST', '/v1/runs', { body });
    const answers = {
      torn: await post('{"prompt":'),
      empty: await post('{}'),
      typed: await post('{"prompt":3}'),
      unknown: await post('{"prompt":"x","promt":"y"}'),
      huge: await post(JSON.stringify({ prompt: 'x'.repeat(2 ** 20 + 1) })),
      form: await world.http('POST', '/v1/runs', { body: 'a=b', headers: { 'content-type': 'text/plain' } }),
      method: await world.http('DELETE', '/v1/status'),
      path: await world.http('GET', '/v1/nothing'),
      run: await world.http('GET', '/v1/runs/nosuch'),
      cursor: await world.http('GET', '/v1/events?after=99999', { headers: { accept: 'application/json' } }),
    };
    const statuses = Object.fromEntries(Object.entries(answers).map(([name, { status }]) => [name, status]));
    t.strictSame(statuses, {
      torn: 400,
      empty: 400,
      typed: 400,
      unknown: 400,
      huge: 413,
      form: 415,
      method: 405,
      path: 404,
      run: 404,
      cursor: 410,
    });
    for (const [name, { json, headers }] of Object.entries(answers)) {
      t.match(json, { code: /^[a-z_]+$/, detail: /^[^\n]+$/, status: statuses[name], title: String }, name);
      t.match(headers['content-type'], /^application\/problem\+json/);
    }
    t.strictSame((await world.json<{ items: [] }>(['runs', 'list'])).items, [], 'nothing was started');
  },
);

t.test('a damaged store is left alone, and the hint puts it right', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  await world.drover('stop');
  const database = join(world.stateRoot, 'drover.db');
  const whole = readFileSync(database);
  for (const damage of ['not a database at all, but text\n'.repeat(200), whole.toString('latin1', 0, 100)]) {
    rmSync(`${database}-wal`, { force: true });
    rmSync(`${database}-shm`, { force: true });
    writeFileSync(database, damage, 'latin1');
    chmodSync(database, 0o600);
    const before = readFileSync(database);

    const refused = await world.drover('daemon start');
    t.equal(refused.code, 6, refused.err);
    t.match(refused.err, `The database ${database} is damaged`);
    t.match(refused.err, 'it was not touched');
    t.ok(readFileSync(database).equals(before), 'not a byte was changed');

    const command = /begin anew: (.*)$/m.exec(refused.err)?.[1] ?? 'false';
    const moved = await world.run(['--version'], { before: command });
    t.equal(moved.code, 0, command);
    const started = await world.drover('daemon start');
    t.equal(started.code, 0, started.err);
    const aside = readdirSync(world.stateRoot).filter((name) => name.startsWith('drover.db.damaged'));
    t.ok(
      aside.some((name) => readFileSync(join(world.stateRoot, name)).equals(before)),
      String(aside),
    );
    await world.drover('stop');
  }
});

t.test('a store of a newer drover is refused untouched', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  await world.drover('stop');
  const path = join(world.stateRoot, 'drover.db');
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 999');
  database.close();
  const before = readFileSync(path);

  const refused = await world.drover('daemon start');

  t.equal(refused.code, 6);
  t.match(refused.err, `The database ${path} was written by a newer drover (schema 999)`);
  t.match(refused.err, 'start the newer drover');
  t.ok(readFileSync(path).equals(before));
});

t.test('a detached start always says why it failed', async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  const folder = mkdtempSync(join(world.root, 'state-'));
  writeFileSync(
    join(folder, 'instance.lock'),
    'somebody else wrote this, long enough to be no database '.repeat(20),
  );
  chmodSync(join(folder, 'instance.lock'), 0o600);

  const lock = await world.drover(`daemon start --state-root ${folder}`);
  const starved = await world.run(['daemon', 'start'], { before: 'ulimit -n 24' });
  const reserved = await world.drover('daemon start --profile ..');
  const remote = await world.drover('daemon start --daemon 127.0.0.1:1');

  t.equal(lock.code, 7);
  t.match(lock.err, 'holds something that drover did not write');
  t.match(lock.err, `rm ${join(folder, 'instance.lock')}`);
  t.not(starved.code, 0);
  t.match(starved.err, /^error: .+/, 'too few descriptors to start at all');
  t.comment(starved.err);
  t.equal(reserved.code, 2);
  t.equal(remote.code, 2);
});
