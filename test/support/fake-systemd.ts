import { spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { readIdentity, systemClock } from '../../src/base/index.ts';
import type { ProgramResult, ServiceSpec, ServiceWorld } from '../../src/service/index.ts';
import { aStatus } from './resources.ts';
import { aSpec } from './service.ts';
import { until } from './until.ts';

const fakeProgram = fileURLToPath(new URL('./fake-program.ts', import.meta.url));

/** A home with a user manager that has only what drover asks of it. */
export type FakeSystemd = {
  readonly world: ServiceWorld;
  readonly home: string;
  readonly folder: string;
  readonly spec: ServiceSpec;
  /** Every order that changed something: `systemctl start drover.service`. */
  readonly orders: string[];
  /** Answers an order instead of the manager: how a step is made to fail. */
  refuse: (order: string) => string | null;
  /** What the daemon that is started does. */
  daemon: 'serves' | 'exits';
  lingering: 'on' | 'off' | 'forbidden';
  unitPath: string | null;
  readonly isActive: (unit: string) => boolean;
  readonly isEnabled: (unit: string) => boolean;
  /** Everything below the folder of units: names, texts and targets of links. */
  readonly files: () => Record<string, string>;
  /** Starts a daemon of the state root as a person would. */
  readonly startByHand: () => Promise<void>;
};

const done = (stdout = ''): ProgramResult => ({ code: 0, stdout, stderr: '', timedOut: false });
const failed = (stderr: string): ProgramResult => ({ code: 1, stdout: '', stderr, timedOut: false });

/** Makes one; its folders and its daemon are gone when the test ends. */
export function fakeSystemd(t: Test): FakeSystemd {
  const home = mkdtempSync(join(tmpdir(), 'drover-svc-'));
  const folder = join(home, '.config', 'systemd', 'user');
  const stateRoot = join(home, 'state');
  mkdirSync(stateRoot);
  const spec = aSpec({ home, stateRoot, socket: join(home, 'd.sock'), logs: join(stateRoot, 'logs') });
  const loaded = new Map<string, string>();
  const active = new Set<string>();
  let server: Server | null = null;
  let fate = 'success';

  const serve = async () => {
    const status = aStatus({ pid: process.pid, socket: spec.socket, state_root: stateRoot });
    server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(status));
      if (request.url === '/v1/shutdown') setImmediate(() => void endDaemon());
    });
    rmSync(spec.socket, { force: true });
    await new Promise<void>((resolve) => server?.listen(spec.socket, resolve));
    await writeEndpoint(process.pid);
  };
  const writeEndpoint = async (pid: number) => {
    const identity = await readIdentity(pid);
    const { instance_id, version } = aStatus();
    const life = { pid, start_time: identity?.startTime, boot_id: identity?.bootId };
    const text = JSON.stringify({ ...life, instance_id, version, socket: spec.socket, address: null });
    writeFileSync(join(stateRoot, 'daemon.json'), text);
  };
  const startByHand = async () => {
    const child = spawn(process.execPath, [fakeProgram, `--socket=${spec.socket}`], { stdio: 'ignore' });
    t.teardown(() => child.kill('SIGKILL'));
    await until('its socket', () => existsSync(spec.socket));
    await writeEndpoint(child.pid ?? 0);
  };
  const endDaemon = async () => {
    const ending = server;
    server = null;
    rmSync(join(stateRoot, 'daemon.json'), { force: true });
    ending?.closeAllConnections();
    await new Promise<void>((resolve) => (ending === null ? resolve() : ending.close(() => resolve())));
  };
  t.teardown(async () => {
    await endDaemon();
    rmSync(home, { recursive: true, force: true });
  });

  const wants = (unit: string) =>
    join(folder, unit.endsWith('.socket') ? 'sockets.target.wants' : 'default.target.wants', unit);
  const isEnabled = (unit: string) => lstatSync(wants(unit), { throwIfNoEntry: false }) !== undefined;
  const reload = () => {
    loaded.clear();
    for (const [name, text] of Object.entries(fake.files()))
      if (/^drover[^/]*\.(service|socket)$/.test(name)) loaded.set(name, text);
  };
  const show = (unit: string) => {
    const text = loaded.get(unit);
    const isUp = active.has(unit);
    const onDisk = existsSync(join(folder, unit)) ? fake.files()[unit] : undefined;
    const load = text === undefined ? 'not-found' : text.startsWith('-> /dev/null') ? 'masked' : 'loaded';
    return [
      `LoadState=${load}`,
      `ActiveState=${isUp ? 'active' : fate === 'success' ? 'inactive' : 'failed'}`,
      `UnitFileState=${isEnabled(unit) ? 'enabled' : 'disabled'}`,
      `FragmentPath=${load === 'not-found' ? '' : join(folder, unit)}`,
      `Result=${fate}`,
      `ExecMainStatus=${fate === 'success' ? 0 : 2}`,
      `MainPID=${isUp && unit.endsWith('.service') ? process.pid : 0}`,
      `NeedDaemonReload=${onDisk === text ? 'no' : 'yes'}`,
    ].join('\n');
  };

  const verbs: Record<string, (units: readonly string[]) => Promise<ProgramResult>> = {
    'daemon-reload': async () => {
      reload();
      return done();
    },
    enable: async (units) => {
      for (const unit of units) {
        mkdirSync(join(wants(unit), '..'), { recursive: true });
        symlinkSync(join(folder, unit), wants(unit));
      }
      return done();
    },
    disable: async (units) => {
      for (const unit of units) {
        rmSync(wants(unit), { force: true });
        rmSync(join(wants(unit), '..'), { recursive: true, force: true });
      }
      return done();
    },
    start: async (units) => {
      for (const unit of units) if (!loaded.has(unit)) return failed(`Unit ${unit} not found.`);
      if (fake.daemon === 'exits') {
        fate = 'exit-code';
        return failed('Job for drover.service failed.');
      }
      for (const unit of units) active.add(unit);
      if (server === null) await serve();
      return done();
    },
    stop: async (units) => {
      for (const unit of units) if (active.delete(unit) && unit.endsWith('.service')) await endDaemon();
      return done();
    },
    'reset-failed': async () => {
      fate = 'success';
      return done();
    },
  };

  const systemctl = async (args: readonly string[]): Promise<ProgramResult> => {
    const [verb = '', ...rest] = args;
    const units = rest.filter((arg) => !arg.startsWith('-'));
    if (verb === 'show') {
      if (args.includes('--property=Version')) return done('252\n');
      if (args.includes('--property=UnitPath'))
        return done(`/etc/systemd/user ${fake.unitPath ?? folder} /usr/lib/systemd/user\n`);
      return done(show(units[0] ?? ''));
    }
    if (verb === 'is-enabled')
      return isEnabled(units[0] ?? '') ? done('enabled\n') : { ...failed(''), stdout: 'disabled\n' };
    const order = ['systemctl', verb, ...units].join(' ');
    fake.orders.push(order);
    const refusal = fake.refuse(order);
    return refusal === null
      ? ((await verbs[verb]?.(units)) ?? failed(`Unknown verb ${verb}`))
      : failed(refusal);
  };
  const loginctl = async (args: readonly string[]): Promise<ProgramResult> => {
    if (args[0] === 'show-user') return done(fake.lingering === 'on' ? 'yes\n' : 'no\n');
    fake.orders.push('loginctl enable-linger');
    if (fake.lingering === 'forbidden') return failed('Could not enable linger: Access denied');
    fake.lingering = 'on';
    return done();
  };

  const fake: FakeSystemd = {
    home,
    folder,
    spec,
    orders: [],
    refuse: () => null,
    daemon: 'serves',
    lingering: 'off',
    unitPath: null,
    isActive: (unit) => active.has(unit),
    isEnabled,
    files: () => filesBelow(folder),
    startByHand,
    world: {
      platform: 'linux',
      env: { PATH: '/usr/bin:/bin', HOME: home },
      home,
      uid: process.getuid?.() ?? 0,
      user: 'ada',
      clock: systemClock,
      run: async (file, args) => {
        if (file === 'systemctl')
          return systemctl(args.filter((arg) => arg !== '--user' && arg !== '--quiet'));
        if (file === 'loginctl') return loginctl(args.filter((arg) => arg !== '--no-ask-password'));
        if (file === 'journalctl')
          return done(fate === 'success' ? '' : 'starting\nerror: line 3: no key pol\nhint: x\n');
        throw Object.assign(new Error(`spawn ${file} ENOENT`), { code: 'ENOENT' });
      },
    },
  };
  return fake;
}

function filesBelow(folder: string, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {};
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names) {
    const path = join(folder, name);
    const info = lstatSync(path);
    if (info.isSymbolicLink()) found[prefix + name] = `-> ${readlinkSync(path)}`;
    else if (info.isDirectory()) Object.assign(found, filesBelow(path, `${prefix}${name}/`));
    else found[prefix + name] = readFileSync(path, 'utf8');
  }
  return found;
}
