/** What a test inside the throw-away system says to drover and asks of the user manager. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export const main = process.argv[2] ?? '';
const commandMs = 90_000;
export const canary = 'canary-7f3a91';
export const units = join(homedir(), '.config/systemd/user');
export const unitFile = join(units, 'drover.service');
export const config = join(homedir(), '.config/drover/daemon.toml');
export const stateRoot = join(homedir(), '.local/state/drover');

type Said = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
type Env = Readonly<Record<string, string | undefined>>;

/** A command as a person with a secret in the environment calls it. */
export function drover(args: readonly string[], env: Env = {}, program = main): Said {
  const secrets = { DROVER_HTTP_ADMIN_TOKEN: canary, DROVER_TOKEN: canary, ANTHROPIC_API_KEY: canary };
  const done = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    timeout: commandMs,
    env: { ...process.env, ...secrets, ...env },
    cwd: homedir(),
  });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

/** The same for what has to end with 0. */
export function good(args: readonly string[], env: Env = {}, program = main): Said {
  const said = drover(args, env, program);
  assert.equal(said.code, 0, `drover ${args.join(' ')}: ${said.stdout}${said.stderr}`);
  return said;
}

export const install = (...args: readonly string[]) => [
  'install-service',
  '--node',
  process.execPath,
  ...args,
];
export const json = (args: readonly string[]) => JSON.parse(good(['--json', ...args]).stdout);
export const systemctl = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync('systemctl', ['--user', ...args], { encoding: 'utf8' });
  return { code: status, text: stdout.trim(), stderr };
};
export const show = (property: string, unit = 'drover.service') =>
  systemctl('show', '-P', property, unit).text;
export const mainPid = (unit = 'drover.service') => Number(show('MainPID', unit));
export const daemonPid = () => json(['status']).pid as number;
export const quietly = (path: string) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // another user's, or gone
  }
};

export function writeConfig(text: string): void {
  mkdirSync(dirname(config), { recursive: true });
  writeFileSync(config, text);
}

/** A run that counts up to `count` and takes a while for it. */
export function startCounting(count: number): string {
  const script = `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo line $i; sleep 0.05; done; exit 5`;
  return json(['run', '--bg', '--agent', 'command', '--', 'sh', '-c', script]).run_id as string;
}

export function assertCounted(id: string, count: number): void {
  assert.equal(drover(['runs', 'wait', id, '--timeout', '60s']).code, 1);
  const run = json(['runs', 'show', id]);
  assert.deepEqual([run.status, run.exit_code], ['failed', 5]);
  const lines = Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');
  assert.equal(good(['runs', 'logs', id]).stdout, lines);
}

/** Where the canary is: in files of the service, in the manager, in the environment or the words of any process. */
export function canaries(): string[] {
  const found: string[] = [];
  const look = (where: string, text: string) => text.includes(canary) && found.push(where);
  for (const name of readdirSync(units, { recursive: true, encoding: 'utf8' }))
    look(name, quietly(join(units, name)));
  look('show-environment', systemctl('show-environment').text);
  for (const unit of systemctl('list-units', '--all', '--plain', '--no-legend', 'drover*').text.split('\n')) {
    const [name = ''] = unit.split(' ');
    if (name !== '') look(`show ${name}`, systemctl('show', name).text);
  }
  let processes = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const environment = quietly(`/proc/${pid}/environ`);
    if (environment !== '') processes++;
    look(`environ of ${pid}`, environment);
    look(`argv of ${pid}`, quietly(`/proc/${pid}/cmdline`));
  }
  assert.ok(processes > 3, 'the processes could be looked at');
  return found;
}
