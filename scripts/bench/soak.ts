/**
 * `node scripts/bench/soak.ts [--runs=5000] [--first=500] [--parallel=8] [--acp=10]`: short runs, one after another, and what
 * the daemon holds of the machine after the first of them and after all: memory, descriptors, watches, processes, the
 * store's log. One of `--acp` is an agent that speaks ACP, the rest are commands. Needs `npm run build` first, and Linux.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  countDescriptors,
  type Footprint,
  footprintOf,
  processorMsOf,
} from '../../test/support/footprint.ts';
import { createShortRuns } from '../../test/support/short-runs.ts';
import { until } from '../../test/support/until.ts';
import { type BenchDaemon, startBenchDaemon } from './daemon.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5000' },
    first: { type: 'string', default: '500' },
    parallel: { type: 'string', default: '8' },
    acp: { type: 'string', default: '10' },
  },
});
const [total, first, parallel, oneAcpIn] = [values.runs, values.first, values.parallel, values.acp].map(
  Number,
) as [number, number, number, number];
/** Looks at the daemon so often in between. */
const steps = 9;
/** Idle before a look, so that what is only about to be freed does not count. */
const restMs = 3000;

const fakeAgent = fileURLToPath(new URL('../../test/support/fake-acp.ts', import.meta.url));
const config = `max_parallel_runs = ${parallel}
[agents.short]
runtime = "acp"
command = ${JSON.stringify([process.execPath, fakeAgent])}
`;

const bodyOf = (index: number) =>
  index % oneAcpIn === 0
    ? { agent: 'short', prompt: `say:run-${index}` }
    : { command: ['sh', '-c', `echo run ${index}; echo error ${index} >&2`] };

function tell(runs: number, print: Footprint, note = ''): void {
  const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
  process.stdout.write(
    `${String(runs).padStart(6)} runs  RSS ${mb(print.rssBytes)} MB (anonymous ${mb(print.anonymousBytes)})  ` +
      `descriptors ${countDescriptors(print)}  watches ${print.watches}  threads ${print.threads}  ` +
      `children ${print.children}  WAL ${mb(print.walBytes)} MB${note}\n`,
  );
}

async function rested(daemon: BenchDaemon): Promise<Footprint> {
  const quietAt = performance.now() + restMs;
  await until('a rest', () => performance.now() > quietAt);
  return footprintOf(daemon.pid, daemon.stateRoot);
}

const daemon = await startBenchDaemon({ config, syncDelayMs: 0, isFirst: false });
const runs = createShortRuns({
  socket: daemon.socket,
  atOnce: parallel * 2,
  start: async (body) => (await daemon.json<{ id: string }>('POST', '/v1/runs', body)).id,
});
try {
  tell(0, await rested(daemon));
  let before: Footprint | null = null;
  for (let done = 0; done < total; ) {
    const count = done === 0 ? first : Math.min(Math.ceil((total - first) / steps), total - done);
    const begun = performance.now();
    const usedBefore = processorMsOf(daemon.pid);
    await runs.play(count, bodyOf);
    done += count;
    const seconds = (performance.now() - begun) / 1000;
    const usedMs = (processorMsOf(daemon.pid) - usedBefore) / count;
    const print = await rested(daemon);
    before ??= print;
    const grown = ((print.rssBytes - before.rssBytes) / 1e6).toFixed(1);
    tell(
      done,
      print,
      `  ${(count / seconds).toFixed(1)} runs/s  ${usedMs.toFixed(1)} ms CPU/run  RSS ${grown} MB more`,
    );
    if (done === total) process.stdout.write(`${JSON.stringify(print.descriptors)}\n`);
  }
  process.stdout.write(`${JSON.stringify(Object.fromEntries(runs.ended()))}\n`);
} finally {
  runs.close();
  await daemon.stop();
}
