/** How long it takes from starting a daemon until it answers as ready. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { measureInRounds, type Result, type Row, rowsOf, skipped } from './figures.ts';
import { endProgram, type Lab, startDrover, untilAnswers } from './lab.ts';
import { getPm2, getSupervisor } from './peers.ts';

const plan = { rounds: 15, budgetMs: 45_000 };

export async function benchStart(lab: Lab): Promise<Result> {
  const base = 'bare hono server';
  const subjects = new Map<string, () => Promise<number>>([
    [
      base,
      () => {
        const socket = join(lab.makeFolder(), 's');
        return timed(() => lab.start([lab.node, lab.bareServer, socket]), socket, '/healthz');
      },
    ],
    [
      'drover daemon start --foreground',
      () => {
        let socket = '';
        const begin = performance.now();
        const started = startDrover(lab);
        socket = started.socket;
        return timed(() => started.child, socket, '/readyz', begin);
      },
    ],
  ]);
  const absent: Row[] = [];
  const pm2 = await getPm2(lab);
  if ('missing' in pm2) absent.push(skipped('pm2 ping, cold', pm2.missing));
  else {
    subjects.set('pm2 ping, cold', async () => {
      if (existsSync(pm2.pidFile)) await lab.run([...pm2.command, 'kill'], { env: pm2.env });
      const begin = performance.now();
      await lab.run([...pm2.command, 'ping'], { env: pm2.env });
      return performance.now() - begin;
    });
  }
  const supervisor = await getSupervisor(lab);
  if ('missing' in supervisor) absent.push(skipped('supervisord', supervisor.missing));
  else {
    subjects.set('supervisord', () =>
      timed(() => lab.start(supervisor.daemon, supervisor.env), supervisor.socket, '/'),
    );
  }

  const times = await measureInRounds(subjects, plan);
  const title = `start: from spawn to ready, ${times.get(base)?.length} rounds`;
  return { title, rows: [...rowsOf(times, { base, unit: 'ms' }), ...absent] };
}

async function timed(
  start: () => ReturnType<Lab['start']>,
  socket: string,
  path: string,
  begin = performance.now(),
): Promise<number> {
  const child = start();
  await untilAnswers(socket, path);
  const taken = performance.now() - begin;
  await endProgram(child);
  return taken;
}
