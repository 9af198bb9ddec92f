import type { z } from 'zod';
import type { Routes } from '../contract/index.ts';

/** What `GET /v1/metrics` answers. */
export type Metrics = z.infer<Routes['metricsJson']['response']>;

const mib = 2 ** 20;

/** The same in the keys of that page. Heaps are what a program knows of itself alone: no agent tells. */
export function machineMetrics({ machine, workers }: Metrics) {
  return {
    ts: Date.parse(machine.at),
    cpuCount: machine.cpu_count,
    cpuUsedPct: machine.cpu_pct,
    memTotalMib: Math.round(machine.memory_total_bytes / mib),
    memUsedMib: Math.round(machine.memory_used_bytes / mib),
    diskUsed: machine.disk_used_bytes,
    diskTotal: machine.disk_total_bytes,
    instances: workers.map(({ run_id, cwd, pid, rss_bytes, age_sec }) => ({
      id: run_id,
      cwd,
      pid,
      rssMib: rss_bytes === null ? null : Math.round(rss_bytes / mib),
      heapUsedMib: null,
      heapTotalMib: null,
      uptimeSeconds: age_sec,
    })),
  };
}
