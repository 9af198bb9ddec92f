/**
 * `node scripts/bench/fan-out.ts`: one run writes lines and a hundred readers get every one, from the file to the socket, by
 * turns with a bare Node server that writes as many prebuilt bytes to as many readers. Prints deliveries per second as a
 * ratio, and how old an event is when it arrives, in a burst and one at a time. Needs `npm run build` first.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../../test/support/until.ts';
import { type ReaderFigures, startBenchDaemon, startReaders } from './daemon.ts';

const readerCount = 100;
/** All in one window of the follower, which would join lines if it were behind. */
const lineCount = 2500;
const rounds = 3;
const bareProgram = fileURLToPath(new URL('bare-fan-out.ts', import.meta.url));

type Figures = { readonly perSecond: number; readonly read: ReaderFigures };

/** A run writes as soon as `go` is there; the readers follow it from before. */
async function measureDrover(script: string, lines: number): Promise<Figures> {
  const daemon = await startBenchDaemon({ config: '', syncDelayMs: 0, isFirst: false });
  const go = join(daemon.stateRoot, 'go');
  const command = ['sh', '-c', `until [ -e '${go}' ]; do sleep 0.01; done; ${script}`];
  const { id } = await daemon.json<{ id: string }>('POST', '/v1/runs', { command });
  await until('the run', async () => {
    const run = await daemon.json<{ status: string }>('GET', `/v1/runs/${id}`);
    return run.status === 'running';
  });
  const paths = Array.from({ length: readerCount }, () => `/v1/events`);
  const { last_seq: before } = await daemon.json<{ last_seq: number }>('GET', '/v1/status');
  const readers = await startReaders(daemon.socket, paths, readerCount * (before + lines));
  const begun = performance.now();
  writeFileSync(go, '');
  await readers.reached();
  const seconds = (performance.now() - begun) / 1000;
  const read = await readers.stop();
  await daemon.stop();
  return { perSecond: (readerCount * lines) / seconds, read };
}

async function measureBare(frameBytes: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  const socket = join(folder, 's');
  const args = [bareProgram, socket, `${lineCount}`, `${frameBytes}`];
  const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve) => server.stdout.once('data', resolve));
  const paths = Array.from({ length: readerCount }, () => '/');
  const readers = await startReaders(socket, paths, readerCount * lineCount);
  const begun = performance.now();
  server.stdin.write('go\n');
  await readers.reached();
  const seconds = (performance.now() - begun) / 1000;
  const read = await readers.stop();
  server.stdin.end();
  await until('the end of the server', () => server.exitCode !== null);
  rmSync(folder, { recursive: true, force: true });
  return { perSecond: (readerCount * lineCount) / seconds, read };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const lagText = ({ read: { lagMs } }: Figures) => `p50 ${lagMs.p50} p99 ${lagMs.p99} max ${lagMs.max} ms`;
const burst = `seq -f 'line %080.0f' ${lineCount}`;
const drover: Figures[] = [];
const bare: Figures[] = [];
for (let round = 0; round < rounds; round += 1) {
  const figures = await measureDrover(burst, lineCount);
  drover.push(figures);
  bare.push(await measureBare(Math.round(figures.read.bytes / figures.read.events)));
}
const slow = await measureDrover('for i in $(seq 100); do echo $i; sleep 0.02; done', 100);
const [ours, theirs] = [median(drover.map((f) => f.perSecond)), median(bare.map((f) => f.perSecond))];
process.stdout.write(
  [
    `${readerCount} readers, ${lineCount} lines, medians of ${rounds} rounds by turns`,
    `  drover      ${Math.round(ours)} deliveries/s, journaled on the way`,
    `  bare node   ${Math.round(theirs)} deliveries/s of prebuilt bytes`,
    `  ratio       ${(ours / theirs).toFixed(2)}`,
    `  age of an event when it arrives: in the burst ${lagText(drover.at(-1) as Figures)}`,
    `  age of an event when it arrives: 50 per second ${lagText(slow)}`,
    '',
  ].join('\n'),
);
