import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { bootId, systemClock as clock, readIdentity } from '../../src/base/index.ts';
import { quote } from '../../src/domain/runs/launch/folder.ts';
import {
  detectLauncher,
  endTree,
  inspectRunFolder,
  type LaunchSpec,
  launch,
  layoutVersion,
  openInput,
  prepareRunFolder,
  readMeta,
  requestEndOfInput,
  settleLaunch,
  voidLaunch,
} from '../../src/domain/runs/launch/index.ts';
import { makeLimitMark } from '../../src/domain/runs/launch/limit-mark.ts';
import { findBornSince } from '../../src/domain/runs/launch/newborn.ts';
import { unitCommand } from '../../src/domain/runs/launch/systemd.ts';
import { processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

const runId = 'run_01KAJQ5T3M8V9C2R4W6X7Y8Z90';
const spec = { runId, argv: ['true'], cwd: '/', env: {}, input: 'none' as const };
type WithFolder = { readonly testdir: (content: Record<string, never>) => string };
const wait = { clock, timeoutMs: 50 };

async function prepared(t: WithFolder, changes: Partial<LaunchSpec> = {}): Promise<string> {
  const folder = join(t.testdir({}), 'run');
  await prepareRunFolder(folder, { ...spec, ...changes });
  return folder;
}

t.test('a prepared folder is for us alone and says what to start', async (t) => {
  const folder = await prepared(t, { argv: ['a b', "it's", '$X'], env: { KEY: 'v\n', PATH: '/p' } });

  t.equal((await stat(folder)).mode & 0o777, 0o700);
  for (const name of ['meta.json', 'argv', 'cwd', 'env', 'launcher.sh', 'out.log', 'err.log']) {
    t.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
  }
  t.equal(await readFile(join(folder, 'argv'), 'utf8'), `set -- 'a b' 'it'\\''s' '$X'\n`);
  const env = `export PATH='/p'\nexport KEY='v\n'\nexport DROVER_RUN_ID='${runId}'\n`;
  t.equal(await readFile(join(folder, 'env'), 'utf8'), env);
  t.strictSame(await readMeta(folder), { layout: layoutVersion, runId, input: 'none' });
  t.strictSame(await inspectRunFolder(folder), { kind: 'unclaimed' });
});

t.test('meta.json is never there before it is whole', async (t) => {
  const meta = join(t.testdir({}), 'run', 'meta.json');
  const seen = new Set<string>();

  for (let round = 0; round < 20; round++) {
    let isDone = false;
    const prepare = prepareRunFolder(join(meta, '..'), spec).finally(() => (isDone = true));
    while (!isDone) {
      if (existsSync(meta)) seen.add(readFileSync(meta, 'utf8'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await prepare;
    await rm(join(meta, '..'), { recursive: true });
  }

  t.equal(seen.size, 1);
  t.notOk(seen.has(''));
});

t.test(
  'variables that no shell can hand on are dropped and named, those of the service manager never pass',
  async (t) => {
    const folder = join(t.testdir({}), 'run');
    const env = {
      'npm_config_//x/:y': '1',
      UID: '7',
      'BASH_FUNC_f%%': '() { :; }',
      OK: '1',
      DROVER_RUN_ID: 'other',
    };
    const { droppedVariables } = await prepareRunFolder(folder, {
      ...spec,
      env: { ...env, NOTIFY_SOCKET: '/s', LISTEN_FDS: '1', WATCHDOG_USEC: '9' },
    });

    t.strictSame([...droppedVariables].sort(), ['BASH_FUNC_f%%', 'UID', 'npm_config_//x/:y']);
    const text = await readFile(join(folder, 'env'), 'utf8');
    t.match(text, /^export OK='1'$/m);
    t.match(text, new RegExp(`^export DROVER_RUN_ID='${runId}'$`, 'm'));
    t.notMatch(text, /NOTIFY_SOCKET|LISTEN|WATCHDOG|other/);
  },
);

t.test('what cannot be started is refused before anything is written', async (t) => {
  const folder = join(t.testdir({}), 'run');
  for (const changes of [
    { argv: [] },
    { argv: [''] },
    { cwd: 'here' },
    { argv: ['a\0b'] },
    { env: { A: '\0' } },
  ]) {
    await t.rejects(prepareRunFolder(folder, { ...spec, ...changes }), { code: 'invalid_request' });
  }
  await t.rejects(stat(folder), { code: 'ENOENT' });
  await prepareRunFolder(folder, spec);
  await t.rejects(prepareRunFolder(folder, spec), { code: 'EEXIST' }, 'never over another run');
});

t.test('a folder of another layout, or none of ours, is not guessed at', async (t) => {
  const folder = await prepared(t);
  await writeFile(join(folder, 'meta.json'), JSON.stringify({ layout: 2, run_id: runId, input: 'none' }));
  await t.rejects(inspectRunFolder(folder), { code: 'internal', message: /layout 2, this drover reads 1/ });
  await rm(join(folder, 'meta.json'));
  await t.rejects(inspectRunFolder(folder), { code: 'internal', message: /no readable meta\.json/ });
});

t.test('every combination of what a folder may hold is exactly one state', async (t) => {
  const self = await readIdentity(process.pid);
  if (self === null) throw new Error('We should have an identity');
  const who = (startTime: string, boot: string) => `pid ${self.pid}\nstart ${startTime}\nboot ${boot}\n`;
  const launchers = {
    none: null,
    alive: who(self.startTime, await bootId()),
    dead: who('1', await bootId()),
    'of an earlier boot': who(self.startTime, 'an-earlier-boot'),
    cut: 'pid 12',
  };
  const exits = { none: null, whole: 'status 143\nsignal TERM\nend\n', cut: 'status 1' };
  let cells = 0;
  for (const [launcherName, launcher] of Object.entries(launchers)) {
    for (const [exitName, exit] of Object.entries(exits)) {
      for (const go of ['none', 'launcher', 'daemon']) {
        const folder = await prepared(t, {});
        await mkdir(join(folder, 'claim'));
        if (launcher !== null) await writeFile(join(folder, 'launcher'), launcher);
        if (exit !== null) await writeFile(join(folder, 'exit'), exit);
        if (go !== 'none') await mkdir(join(folder, 'go'));
        if (go === 'daemon') await writeFile(join(folder, 'go', 'voided'), '');

        const state = await inspectRunFolder(folder);

        const name = `launcher ${launcherName}, exit ${exitName}, go by ${go}`;
        const isKnown = launcherName !== 'none' && launcherName !== 'cut';
        if (exitName === 'whole')
          t.match(state, { kind: 'ended', exit: { status: 143, signal: 'TERM' } }, name);
        else if (launcherName === 'alive')
          t.match(state, { kind: 'running', launcher: self, agent: null }, name);
        else if (!isKnown && go === 'none') t.strictSame(state, { kind: 'claimed' }, name);
        else t.match(state, { kind: 'vanished', mayHaveStarted: go === 'launcher' }, name);
        await rm(folder, { recursive: true });
        cells += 1;
      }
    }
  }
  t.equal(cells, 45);
});

t.test('the exit record tells a signal only by a name', async (t) => {
  const folder = await prepared(t);
  for (const [text, exit] of [
    ['status 0\nsignal \nend\n', { status: 0, signal: null }],
    ['status 160\nsignal 32\nend\n', { status: 160, signal: null }],
    ['status 137\nsignal KILL\nend\n', { status: 137, signal: 'KILL' }],
  ] as const) {
    await writeFile(join(folder, 'exit'), text);
    t.match(await inspectRunFolder(folder), { kind: 'ended', exit });
  }
});

t.test('a folder of layout v1 that ended is read for ever', async (t) => {
  const folder = fixture('ended');
  t.match(await inspectRunFolder(folder), {
    kind: 'ended',
    exit: { status: 143, signal: 'TERM' },
    launcher: { bootId: '4c1f6a52-9d0e-4b7a-8c33-5e2f1a0b9d77' },
    agent: { bootId: '4c1f6a52-9d0e-4b7a-8c33-5e2f1a0b9d77' },
  });
  t.strictSame(await readMeta(folder), { layout: 1, runId: 'run_01KAJQ5T3M8V9C2R4W6X7Y8Z90', input: 'fifo' });
  t.equal(await readFile(join(folder, 'out.log'), 'utf8'), "it's $HOME\n\na line\n");
  t.strictSame(await endTree(folder, { clock, graceMs: 0, timeoutMs: 30_000 }), { survivors: [] });
});

t.test(
  'a folder of layout v1 that was interrupted is read for ever, and nothing is started from it',
  async (t) => {
    const folder = join(t.testdir({}), 'run');
    await cp(fixture('interrupted'), folder, { recursive: true });

    t.match(await inspectRunFolder(folder), { kind: 'vanished', mayHaveStarted: true });
    t.equal(await voidLaunch(folder), 'started');
    await launch({ folder, runId, via: 'session' });
    t.match(await settleLaunch(folder, { clock, timeoutMs: 1000 }), { kind: 'vanished' });
    t.strictSame(await endTree(folder, { clock, graceMs: 0, timeoutMs: 30_000 }), { survivors: [] });
    t.equal(await readFile(join(folder, 'out.log'), 'utf8'), 'begun\n');
    // A launcher that is late would make `claim` anew in a folder that is being removed.
    await until('the launcher to end', () => processesOf(folder).length === 0);
  },
);

t.test('a run starts, talks and ends by the API alone', async (t) => {
  const folder = await prepared(t, { argv: ['cat'], env: { PATH: '/usr/bin:/bin' }, input: 'fifo' });
  await launch({ folder, runId, via: 'session' });
  t.match(await settleLaunch(folder, { clock, timeoutMs: 30_000 }), { kind: 'running' });
  const input = await openInput(folder, { clock, isFresh: true });
  await input.write('hello\n', { timeoutMs: 30_000 });
  await input.close();
  t.ok(await requestEndOfInput(folder, { clock, timeoutMs: 30_000 }));
  await until('it to end by itself', async () => (await inspectRunFolder(folder)).kind === 'ended');
  t.strictSame(await endTree(folder, { clock, graceMs: 30_000, timeoutMs: 60_000 }), { survivors: [] });
  t.match(await inspectRunFolder(folder), { kind: 'ended', exit: { status: 0, signal: null } });
  t.equal(await readFile(join(folder, 'out.log'), 'utf8'), 'hello\n');
});

t.test('an agent that does not read fails the write, which says how much went in', async (t) => {
  const folder = await prepared(t, { argv: ['sleep', '600'], input: 'fifo' });
  await launch({ folder, runId, via: 'session' });
  await settleLaunch(folder, { clock, timeoutMs: 30_000 });
  try {
    const input = await openInput(folder, { clock });
    const refused = await input.write('z'.repeat(200_000), { timeoutMs: 50 }).then(
      () => null,
      (error: { code: string; fields: { written: number } }) => error,
    );
    t.equal(refused?.code, 'timeout');
    t.ok((refused?.fields.written ?? 0) > 0);
    await t.rejects(input.write('more\n', { timeoutMs: 20 }), { code: 'timeout', fields: { written: 0 } });
    await input.close();
  } finally {
    t.strictSame(await endTree(folder, { clock, graceMs: 0, timeoutMs: 30_000 }), { survivors: [] });
  }
});

t.test('input and its end are refused where nobody reads', async (t) => {
  const folder = await prepared(t, { input: 'fifo' });
  await t.rejects(openInput(folder, { clock }), { code: 'run_ended' });
  t.equal(await requestEndOfInput(folder, wait), false);
});

t.test(
  'waiting for a launch that never comes ends at its deadline, and nothing can start after that',
  async (t) => {
    const folder = await prepared(t);
    t.match(await settleLaunch(folder, wait), { kind: 'vanished', mayHaveStarted: false });
    await t.rejects(stat(join(folder, 'env')), { code: 'ENOENT' }, 'its secrets are gone');
  },
);

t.test('without a user manager a session will do, unless this process is a unit itself', async (t) => {
  const nowhere = { XDG_RUNTIME_DIR: '/nowhere', PATH: process.env.PATH };
  t.strictSame(await detectLauncher(nowhere), { kind: 'ready', via: 'session' });
  t.strictSame(await detectLauncher({ ...nowhere, SYSTEMD_EXEC_PID: '1' }), {
    kind: 'ready',
    via: 'session',
  });
  const asUnit = { ...nowhere, SYSTEMD_EXEC_PID: String(process.pid) };
  t.match(await detectLauncher(asUnit), { kind: 'unavailable', reason: /does not answer/ });
});

t.test('the unit is one of its own, with limits only where there are any, and `$` survives systemd', (t) => {
  const words = unitCommand('/state/a$b', runId, { memoryMax: '1G', tasksMax: '' });
  t.ok(words.includes(`--unit=drover-run-${runId.toLowerCase()}`));
  t.ok(words.includes('MemoryMax=1G'));
  t.notOk(words.some((word) => /TasksMax|CPUQuota|--scope|--setenv|--collect/.test(word)));
  t.strictSame(words.slice(-2), ['/state/a$$b/launcher.sh', '/state/a$$b']);
  t.end();
});

t.test('each run has a mark of its own, which a daemon inside a run can still set', async (t) => {
  const mark = makeLimitMark(runId, null);

  t.equal(makeLimitMark(runId, null), mark);
  t.not(makeLimitMark(`${runId}1`, null), mark);
  t.ok(
    mark > 2n ** 59n && mark < 2n ** 63n,
    'no limit that anybody else would choose, and one that shells can hold',
  );
  for (const own of [mark, mark - 1n, mark + 1n, 2n ** 60n]) t.ok(makeLimitMark(runId, own) < own);
  t.equal((await readFile(join(await prepared(t), 'mark'), 'utf8')).trim(), `${mark}`);
});

t.test('a look held the daemon for as long as processes were born faster than it looked', (t) => {
  let newest = process.pid;

  t.same(
    findBornSince(process.pid, 4711n, () => (newest += 100)),
    [],
  );
  t.end();
});

t.test('a quoted text is one word', (t) => {
  t.equal(quote("a'b"), "'a'\\''b'");
  t.equal(quote(''), "''");
  t.end();
});

function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/run-folder-v1/${name}`, import.meta.url));
}
