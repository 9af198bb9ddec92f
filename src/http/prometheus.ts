import { Counter, Gauge, Registry } from 'prom-client';
import type { Services } from './services.ts';

const registryType = Registry.PROMETHEUS_CONTENT_TYPE;

/** The media type of the Prometheus text format. */
export const contentType: string = registryType;

/** Renders the figures of the moment as Prometheus text: `…_total` as counters, everything else as gauges. */
export async function render(figures: Awaited<ReturnType<Services['metrics']>>): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  for (const [key, value] of Object.entries(figures.metrics)) {
    const name = nameOf(key);
    const help = name.replaceAll('_', ' ');
    if (name.endsWith('_total')) new Counter({ name, help, registers }).inc(value);
    else new Gauge({ name, help, registers }).set(value);
  }
  const labelNames = ['run_id', 'pid'] as const;
  const rss = new Gauge({
    name: 'drover_run_rss_bytes',
    help: 'Memory of a live run',
    labelNames,
    registers,
  });
  const cpu = new Gauge({
    name: 'drover_run_cpu_seconds',
    help: 'CPU time of a live run',
    labelNames,
    registers,
  });
  for (const { run_id, pid, rss_bytes, cpu_seconds } of figures.workers) {
    if (rss_bytes !== null) rss.set({ run_id, pid }, rss_bytes);
    if (cpu_seconds !== null) cpu.set({ run_id, pid }, cpu_seconds);
  }
  return registry.metrics();
}

function nameOf(key: string): string {
  const name = key.replaceAll(/[^A-Za-z0-9_]/g, '_');
  return name.startsWith('drover_') ? name : `drover_${name}`;
}
