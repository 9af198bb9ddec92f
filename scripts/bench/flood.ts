/**
 * `node scripts/bench/flood.ts [--limit=256MiB] [--shape=yes,lines,long] [--delay=0,10]`: ten runs flood a daemon that a
 * hundred readers follow, once as the disk is and once with every fsync delayed by strace. Prints the event loop's lag, the
 * latency of /healthz, peak memory, and how far each run came beyond `run_output_limit`. Needs `npm run build` first.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseBytes } from '../../src/contract/index.ts';
import { until } from '../../test/support/until.ts';
import { type BenchDaemon, startBenchDaemon, startIdleProcess, startReaders } from './daemon.ts';

const runCount = 10;
const readerCount = 100;
const deadlineMs = 240_000;

/** What a flooding run executes. */
const shapes: Readonly<Record<string, readonly string[]>> = {
  yes: ['yes'],
  lines: ['sh', '-c', 'while :; do head -c 131072 /dev/zero | tr "\\0" "\\n"; sleep 0.01; done'],
  long: ['sh', '-c', 'while :; do head -c 60000 /dev/zero | tr "\\0" x; echo; done'],
  endless: ['sh', '-c', 'head -c 100000000 /dev/zero | tr "\\0" x; exec sleep 1'],
};

type Run = {
  readonly id: string;
  readonly status: string;
  readonly ended_at: string | null;
  readonly reason: string | null;
};
type Sample = { readonly at: number; readonly bytes: number };

/** Watches the files grow, as fast as the loop goes round. */
function watchGrowth(daemon: BenchDaemon, ids: readonly string[], limitBytes: number) {
  const crossedAt = new Map<string, number>();
  const lastGrowth = new Map<string, Sample>();
  const look = () => {
    for (const id of ids) {
      const path = join(daemon.stateRoot, 'runs', id, 'out.log');
      const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      const at = performance.now();
      if (bytes > (lastGrowth.get(id)?.bytes ?? 0)) lastGrowth.set(id, { at, bytes });
      if (bytes > limitBytes && !crossedAt.has(id)) crossedAt.set(id, at);
    }
  };
  const timer = setInterval(look, 10);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      const spans = ids.map((id) => (lastGrowth.get(id)?.at ?? 0) - (crossedAt.get(id) ?? Number.NaN));
      const sizes = ids.map((id) => lastGrowth.get(id)?.bytes ?? 0);
      return { worstSpanMs: Math.max(...spans), mostBytes: Math.max(...sizes) };
    },
  };
}

/** Asks /healthz every 20 ms. */
function watchHealth(daemon: BenchDaemon) {
  const latencies: number[] = [];
  let isOver = false;
  const loop = async () => {
    while (!isOver) {
      const before = performance.now();
      await daemon.ask('GET', '/healthz');
      latencies.push(performance.now() - before);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const done = loop();
  return {
    stop: async () => {
      isOver = true;
      await done;
      const sorted = latencies.toSorted((a, b) => a - b);
      const at = (share: number) =>
        sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
      return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
    },
  };
}

async function measure(shape: string, limit: string, syncDelayMs: number): Promise<void> {
  const config = `max_parallel_runs = ${runCount}\nrun_output_limit = "${limit}"\n`;
  const daemon = await startBenchDaemon({ config, syncDelayMs, isFirst: values.first });
  const health = watchHealth(daemon);
  const endIdle = await startIdleProcess();
  const command = shapes[shape];
  const begun = performance.now();
  daemon.resetProbe();
  const ids: string[] = [];
  for (let index = 0; index < runCount; index += 1)
    ids.push((await daemon.json<Run>('POST', '/v1/runs', { command })).id);
  const growth = watchGrowth(daemon, ids, parseBytes(limit));
  const paths = Array.from({ length: readerCount }, (_, index) =>
    index % 2 === 0 ? '/v1/events' : `/v1/runs/${ids[(index >> 1) % runCount]}/events?follow=true`,
  );
  const readers = await startReaders(daemon.socket, paths);
  const runs = await until(
    'the end of all runs',
    async () => {
      const { items } = await daemon.json<{ items: Run[] }>('GET', '/v1/runs?limit=0');
      return items.every((run) => run.ended_at !== null) && items;
    },
    deadlineMs,
  );
  const seconds = (performance.now() - begun) / 1000;
  const { metrics } = await daemon.json<{ metrics: Record<string, number> }>('GET', '/v1/metrics');
  const { worstSpanMs, mostBytes } = growth.stop();
  const asked = await health.stop();
  const idleMs = await endIdle();
  const rss = daemon.peakRss();
  const read = await readers.stop();
  const { loopMs, syncs } = await daemon.stop();
  const lagMs = (name: string) => ((metrics[`event_loop_lag_${name}_seconds`] ?? 0) * 1000).toFixed(1);
  const rows: Record<string, string> = {
    'fsync delay': `${syncDelayMs} ms (${syncs} delayed)`,
    'all runs ended after': `${seconds.toFixed(1)} s, ${metrics.journal_last_seq} events`,
    'ended as': [...new Set(runs.map((run) => `${run.status}: ${run.reason}`))].join(' | '),
    'loop lag, probe at 1 ms': `p50 ${loopMs.p50.toFixed(1)} p99 ${loopMs.p99.toFixed(1)} max ${loopMs.max.toFixed(1)} ms`,
    'an idle process meanwhile': `p50 ${idleMs.p50.toFixed(1)} p99 ${idleMs.p99.toFixed(1)} max ${idleMs.max.toFixed(1)} ms`,
    'loop lag, /v1/metrics': `p50 ${lagMs('p50')} p99 ${lagMs('p99')} max ${lagMs('max')} ms`,
    '/healthz': `p50 ${asked.p50.toFixed(1)} p99 ${asked.p99.toFixed(1)} max ${asked.max.toFixed(1)} ms of ${asked.count}`,
    'peak memory': `${(rss / 1e6).toFixed(0)} MB`,
    'output after the limit': `${worstSpanMs.toFixed(0)} ms, at most ${((mostBytes - parseBytes(limit)) / 1e6).toFixed(1)} MB`,
    readers: `${read.readers}: ${read.events} events, ${(read.bytes / 1e6 / seconds).toFixed(0)} MB/s, age p50 ${read.lagMs.p50} ms`,
  };
  process.stdout.write(`\n${shape}, limit ${limit}\n`);
  for (const [name, value] of Object.entries(rows)) process.stdout.write(`  ${name.padEnd(26)}${value}\n`);
}

const { values } = parseArgs({
  options: {
    limit: { type: 'string', default: '256MiB' },
    shape: { type: 'string', default: 'yes' },
    delay: { type: 'string', default: '0,10' },
    first: { type: 'boolean', default: false },
  },
});
for (const shape of values.shape.split(','))
  for (const delay of values.delay.split(',')) await measure(shape, values.limit, Number(delay));
