/**
 * What `test/systemd/life.test.ts` runs as root inside the throw-away system, as TAP without any test library: a person
 * logs in and out, with and without lingering, and the machine goes down. Arguments: the bundle's entry, and which boot.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tapCases } from './tap-cases.ts';
import { until } from './until.ts';

const [main = '', boot = 'first'] = process.argv.slice(2);
const uid = 4242;
const home = '/home/ust';
const runtimeDir = `/run/user/${uid}`;
const commandMs = 60_000;
/** logind keeps a user manager for ten seconds after the last logout. */
const farewellMs = 60_000;

type Done = { readonly code: number | null; readonly out: string; readonly err: string };

/** A command of the person's, in the environment that a login gives. */
function asUser(file: string, ...args: readonly string[]): Done {
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    USER: 'ust',
    LOGNAME: 'ust',
    XDG_RUNTIME_DIR: runtimeDir,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtimeDir}/bus`,
  };
  const privileges = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];
  const done = spawnSync('setpriv', [...privileges, file, ...args], {
    encoding: 'utf8',
    timeout: commandMs,
    env,
    cwd: home,
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}
const drover = (...args: readonly string[]) => asUser(process.execPath, main, ...args);
const install = (...options: readonly string[]) =>
  drover('install-service', '--node', process.execPath, ...options);
const userctl = (...args: readonly string[]) => asUser('systemctl', '--user', ...args).out.trim();
const show = (id: string) => JSON.parse(drover('runs', 'show', '--json', id).out);
const status = () => JSON.parse(drover('status', '--json').out);

function well(done: Done): Done {
  assert.equal(done.code, 0, done.err + done.out);
  return done;
}

/** Counts in a file of the person's until it reaches the end: what shows that a run really went on. */
function startCounting(name: string): string {
  const file = join(home, name);
  const count = `i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo $i >'${file}'; sleep 0.1; done`;
  well(drover('run', '--bg', '--name', name, '--agent', 'command', '--', 'sh', '-c', count));
  return file;
}
const counted = (file: string) => {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0; // not begun yet
  }
};

const managerState = () =>
  spawnSync('systemctl', ['is-active', `user@${uid}.service`], { encoding: 'utf8' }).stdout.trim();
const managerIsUp = () => managerState() === 'active';
const managerIsGone = () => ['inactive', 'failed'].includes(managerState());

/** A session as `su -l` makes one, by PAM and logind. */
async function login(): Promise<ChildProcess> {
  const session = spawn('su', ['-l', 'ust', '-c', 'exec sleep 1000'], { stdio: 'ignore', detached: true });
  await until('the user manager', () => managerIsUp() && userctl('is-system-running') !== '');
  return session;
}

async function logout(session: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => session.once('exit', resolve));
  session.kill('SIGTERM'); // su ends what it started, and closes the session
  await ended;
}

const isRunning = (name: string) => () => show(name).status === 'running';
const isUp = () => drover('status').code === 0;
/** The daemon answers a moment before the manager has read that it is ready. */
const isActive = () => userctl('is-active', 'drover.service') === 'active';

const lives: Record<string, readonly { readonly name: string; readonly run: () => Promise<void> }[]> = {
  first: [
    {
      name: 'without lingering the last logout ends the service and its runs, and the next login brings it back',
      run: async () => {
        const session = await login();
        well(install('--no-linger'));
        const file = startCounting('loud');
        await until('the run to count', () => counted(file) > 2);

        await logout(session);
        await until('the user manager to be gone', managerIsGone, farewellMs);
        const again = await login();
        await until('the service', isUp);

        const run = show('loud');
        assert.equal(run.status, 'interrupted', JSON.stringify(run));
        assert.match(run.reason, /The system stopped/);
        await until('the manager to call it active', isActive);
        await logout(again);
        await until('the user manager to be gone', managerIsGone, farewellMs);
      },
    },
    {
      name: 'with lingering a run goes on after the last logout, under the same daemon',
      run: async () => {
        const session = await login();
        await until('the service', isUp);
        well(install());
        const file = startCounting('quiet');
        await until('the run to count', () => counted(file) > 2);
        const { pid } = status();

        await logout(session);
        const sessions = () =>
          spawnSync('loginctl', ['list-sessions', '--no-legend'], { encoding: 'utf8' }).stdout;
        await until('the session to be gone', () => !sessions().includes('ust'), farewellMs);
        const before = counted(file);
        await until('it to count on', () => counted(file) > before + 2);

        assert.equal(status().pid, pid);
        assert.ok(isRunning('quiet')());
      },
    },
  ],
  second: [
    {
      name: 'after a reboot nobody logs in, the service runs, and the run that was live says that it was interrupted',
      run: async () => {
        await until('the service', isUp, farewellMs);

        const run = show('quiet');
        assert.equal(run.status, 'interrupted', JSON.stringify(run));
        assert.match(run.reason, /The system stopped|went down/);
        await until('the manager to call it active', isActive);
        well(drover('run', '--agent', 'command', '--', 'true'));
      },
    },
    {
      name: 'uninstalling leaves nothing of the service',
      run: async () => {
        well(drover('uninstall-service'));

        assert.equal(drover('status').code, 3);
        const found = spawnSync('find', [join(home, '.config/systemd'), '-name', 'drover*'], {
          encoding: 'utf8',
        });
        assert.equal(found.stdout, '');
        assert.equal(userctl('list-units', '--all', '--plain', '--no-legend', 'drover*'), '');
      },
    },
  ],
};

if (boot === 'first') {
  mkdirSync(home, { recursive: true });
  chownSync(home, uid, uid);
  writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = t\n\temail = t@example.com\n');
}
const cases = lives[boot] ?? [];
await tapCases(cases);
process.exit(); // whoever is still logged in goes with the machine
