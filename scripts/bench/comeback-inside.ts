/**
 * What `comeback.ts` runs inside a throw-away system: `comeback-inside.ts MAIN '' ROUNDS BUDGET_MS`. Three services are killed by
 * turns. Prints, for each, how long each round took in milliseconds, as JSON.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { drover, get, property, systemctl, well } from '../../test/support/unit-world.ts';
import { until } from '../../test/support/until.ts';
import { measureInRounds } from './figures.ts';

type Subject = { readonly name: string; readonly unit: string; readonly socket: string };

/** After a start there is work left, such as a full collection after a second, which must not count for the next one. */
const settleMs = 1300;
const plan = { rounds: Number(process.argv[4]), budgetMs: Number(process.argv[5]) };
const runtime = process.env.XDG_RUNTIME_DIR ?? '';
const units = join(homedir(), '.config/systemd/user');
mkdirSync(units, { recursive: true });

/** Started again the same way, and as little of a server as can be: no readiness, no watchdog. */
function startBare(name: string): Subject {
  const socket = join(runtime, 'bare.sock');
  const program = join(homedir(), 'bare.mjs');
  writeFileSync(
    program,
    `import { createServer } from 'node:http';
import { rmSync } from 'node:fs';
rmSync(${JSON.stringify(socket)}, { force: true });
createServer((_, out) => out.end('{"status":"ok"}')).listen(${JSON.stringify(socket)});\n`,
  );
  writeFileSync(
    join(units, 'bare.service'),
    `[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=${process.execPath} ${program}\nRestart=on-failure\nRestartSec=100ms\n`,
  );
  well(systemctl('daemon-reload'));
  well(systemctl('start', 'bare.service'));
  return { name, unit: 'bare.service', socket };
}

function startDrover(name: string, profile: string, ...options: readonly string[]): Subject {
  const unit = `drover-${profile}.service`;
  mkdirSync(join(units, `${unit}.d`));
  writeFileSync(join(units, `${unit}.d/bench.conf`), '[Unit]\nStartLimitIntervalSec=0\n');
  const place = [`--profile=${profile}`];
  well(drover('install-service', ...place, '--node', process.execPath, '--no-linger', ...options));
  const { socket } = JSON.parse(well(drover('--json', ...place, 'status'))) as { socket: string };
  return { name, unit, socket };
}

const isHealthy = ({ socket }: Subject) =>
  get('/healthz', socket).then(
    (status) => status === 200,
    () => false,
  );

async function comeback(subject: Subject): Promise<number> {
  const { unit } = subject;
  const pid = await until('the service', async () => {
    const isUp = property('ActiveState', unit) === 'active' && (await isHealthy(subject));
    return isUp ? Number(property('MainPID', unit)) : 0;
  });
  await sleep(settleMs);
  const begin = performance.now();
  process.kill(pid, 'SIGKILL');
  while (!(await isHealthy(subject))) await sleep(1);
  const taken = performance.now() - begin;
  if (Number(property('MainPID', unit)) === pid) throw new Error(`${unit}: ${pid} answers after its end`);
  return taken;
}

const subjects = [
  startBare('bare Node.js http server'),
  startDrover('drover', 'plain'),
  startDrover('drover, with its socket unit', 'held', '--socket-activation'),
];
const measures = new Map(subjects.map((subject) => [subject.name, () => comeback(subject)]));
const found = await measureInRounds(measures, plan);
process.stdout.write(JSON.stringify(Object.fromEntries(found)));
