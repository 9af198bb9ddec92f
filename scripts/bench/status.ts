/** How long `drover daemon status` takes beside the shortest program that the same Node.js can run, and beside its peers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureInRounds, type Result, type Row, rowsOf, skipped } from './figures.ts';
import { type Command, type Lab, startDrover, untilAnswers } from './lab.ts';
import { getHyperfine, getPm2, getSupervisor } from './peers.ts';

const plan = { rounds: 12, budgetMs: 45_000 };
const runsPerRound = 6;

type Subject = { readonly name: string; readonly command: Command; readonly env: NodeJS.ProcessEnv };

export async function benchStatus(lab: Lab): Promise<Result> {
  const { child, socket, args } = startDrover(lab);
  if (child.pid === undefined) throw new Error('The daemon was not started');
  await untilAnswers(socket, '/readyz');
  const drover = (...words: readonly string[]): Command => [lab.node, lab.drover, ...words];
  const base = 'node -e 0';
  const reached = { ...lab.env, DROVER_SOCKET: socket };
  const subjects: Subject[] = [
    { name: base, command: [lab.node, '-e', '0'], env: lab.env },
    { name: 'drover daemon status', command: drover('daemon', 'status'), env: reached },
    { name: 'drover runs list', command: drover('runs', 'list', ...args.slice(2)), env: reached },
  ];
  const absent: Row[] = [];

  const pm2 = await getPm2(lab);
  if ('missing' in pm2) absent.push(skipped('pm2 jlist', pm2.missing));
  else {
    await lab.run([...pm2.command, 'ping'], { env: pm2.env });
    subjects.push({ name: 'pm2 jlist', command: [...pm2.command, 'jlist'], env: pm2.env });
  }
  const supervisor = await getSupervisor(lab);
  if ('missing' in supervisor) absent.push(skipped('supervisorctl status', supervisor.missing));
  else {
    lab.start(supervisor.daemon, supervisor.env);
    await untilAnswers(supervisor.socket, '/');
    subjects.push({
      ...{ name: 'supervisorctl status', command: [...supervisor.control, 'status'] as const },
      env: supervisor.env,
    });
  }

  const hyperfine = await getHyperfine(lab);
  if ('missing' in hyperfine) absent.push(skipped('(timed without hyperfine)', hyperfine.missing));
  const measure = (subject: Subject) => () =>
    'missing' in hyperfine ? timeHere(lab, subject) : timeBy(lab, hyperfine.path, subject);
  const times = await measureInRounds(
    new Map(subjects.map((subject) => [subject.name, measure(subject)])),
    plan,
  );
  const done = times.get(base)?.length;
  const title = `status: time of one call, ${done} rounds of ${runsPerRound} (goal 1.3x, limit 1.4x)`;
  return { title, rows: [...rowsOf(times, { base, unit: 'ms' }), ...absent] };
}

/** The median of a few runs in ms, as hyperfine measures it without a shell. */
async function timeBy(lab: Lab, hyperfine: string, { command, env }: Subject): Promise<number> {
  const file = join(lab.folder, 'hyperfine.json');
  const line = command.map((word) => `'${word}'`).join(' ');
  const options = ['-N', '--style', 'none', '--warmup', '1', '--runs', String(runsPerRound)];
  await lab.run([hyperfine, ...options, '--export-json', file, line], { env });
  const { results } = JSON.parse(readFileSync(file, 'utf8')) as { results: { median: number }[] };
  return (results[0]?.median ?? Number.NaN) * 1000;
}

async function timeHere(lab: Lab, { command, env }: Subject): Promise<number> {
  const begin = performance.now();
  for (let run = 0; run < runsPerRound; run += 1) await lab.run(command, { env });
  return (performance.now() - begin) / runsPerRound;
}
