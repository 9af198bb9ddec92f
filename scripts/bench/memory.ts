/** What an idle daemon holds in memory beside a Node.js that only waits. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, type Result, type Row, rowsOf, skipped } from './figures.ts';
import { endProgram, type Lab, startDrover, untilAnswers } from './lab.ts';
import { getPm2, getSupervisor } from './peers.ts';

const rounds = 3;
const idleMs = 10_000;

type Memory = { readonly rss: number; readonly anonymous: number; readonly pss: number };
type Subject = {
  readonly name: string;
  readonly start: () => Promise<{ pid: number; stop: () => Promise<unknown> }>;
};

export async function benchMemory(lab: Lab): Promise<Result> {
  const base = 'bare node';
  const absent: Row[] = [];
  const subjects: Subject[] = [
    { name: base, start: async () => running(lab.start([lab.node, '-e', 'setInterval(()=>{},1e6)'])) },
    {
      name: 'bare hono server',
      start: async () => {
        const socket = join(lab.makeFolder(), 's');
        const child = lab.start([lab.node, lab.bareServer, socket]);
        await untilAnswers(socket, '/healthz');
        return running(child);
      },
    },
    {
      name: 'drover',
      start: async () => {
        const { child, socket } = startDrover(lab);
        await untilAnswers(socket, '/readyz');
        return running(child);
      },
    },
  ];
  const pm2 = await getPm2(lab);
  if ('missing' in pm2) absent.push(skipped('pm2', pm2.missing));
  else {
    subjects.push({
      name: 'pm2',
      start: async () => {
        await lab.run([...pm2.command, 'ping'], { env: pm2.env });
        const pid = Number(readFileSync(pm2.pidFile, 'utf8'));
        return { pid, stop: () => lab.run([...pm2.command, 'kill'], { env: pm2.env }) };
      },
    });
  }
  const supervisor = await getSupervisor(lab);
  if ('missing' in supervisor) absent.push(skipped('supervisord', supervisor.missing));
  else {
    subjects.push({
      name: 'supervisord',
      start: async () => {
        const child = lab.start(supervisor.daemon, supervisor.env);
        await untilAnswers(supervisor.socket, '/');
        return running(child);
      },
    });
  }

  const found = new Map<string, Memory[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const started = await Promise.all(subjects.map(({ start }) => start()));
    await sleep(idleMs);
    started.forEach(({ pid }, index) => {
      found.get(subjects[index]?.name ?? '')?.push(memoryOf(pid));
    });
    await Promise.all(started.map(({ stop }) => stop()));
  }
  const rss = new Map([...found].map(([name, list]) => [name, list.map((each) => each.rss)]));
  const rows = rowsOf(rss, { base, unit: 'MB RSS' }).map((row) => {
    const list = found.get(row.subject) ?? [];
    const middle = (key: keyof Memory) => median(list.map((each) => each[key])).toFixed(1);
    return { ...row, note: `anonymous ${middle('anonymous')}, PSS ${middle('pss')}` };
  });
  const title = `memory: after ${idleMs / 1000} s idle, ${rounds} rounds (goal 1.4x, limit 1.8x)`;
  return { title, rows: [...rows, ...absent] };
}

function running(child: ReturnType<Lab['start']>) {
  if (child.pid === undefined) throw new Error('A program was not started');
  return { pid: child.pid, stop: () => endProgram(child) };
}

/** In MB of 10⁶ bytes, from the kernel. */
function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const read = (text: string, name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024) / 1e6;
  return { rss: read(status, 'VmRSS'), anonymous: read(status, 'RssAnon'), pss: read(rollup, 'Pss') };
}
