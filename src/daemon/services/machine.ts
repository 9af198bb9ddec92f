import { statfs } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';
import { type Clock, toTimestamp } from '../../base/index.ts';
import type { MachineFigures } from '../../http/index.ts';

/** Two looks that are closer share one answer: so short a time says nothing. */
const leastSpanMs = 500;

/** Reads what the machine has and how much of it is in use; CPU is that since the last look, or since the boot. */
export function createMachineReader(stateRoot: string, clock: Clock): () => Promise<MachineFigures> {
  let last = { busyMs: 0, totalMs: 0 };
  let cpuPct = 0;
  return async () => {
    const { bavail, blocks, bsize } = await statfs(stateRoot);
    const all = cpus();
    const now = timesOf(all);
    const spanMs = now.totalMs - last.totalMs;
    if (spanMs >= leastSpanMs * all.length) {
      cpuPct = ((now.busyMs - last.busyMs) / spanMs) * 100;
      last = now;
    }
    return {
      at: toTimestamp(clock.now()),
      cpu_count: all.length,
      cpu_pct: Number(Math.max(0, cpuPct).toFixed(1)),
      memory_total_bytes: totalmem(),
      memory_used_bytes: totalmem() - freemem(),
      disk_total_bytes: blocks * bsize,
      disk_used_bytes: (blocks - bavail) * bsize,
    };
  };
}

function timesOf(all: ReturnType<typeof cpus>): { busyMs: number; totalMs: number } {
  let busyMs = 0;
  let idleMs = 0;
  for (const { times } of all) {
    busyMs += times.user + times.nice + times.sys + times.irq;
    idleMs += times.idle;
  }
  return { busyMs, totalMs: busyMs + idleMs };
}
