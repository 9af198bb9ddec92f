/**
 * Loaded into a process with `--import`: measures its event loop every millisecond and writes what it saw to the file that
 * `LOOP_PROBE` names, when the process ends. Finer than the daemon's own measure, and independent of it. SIGUSR2 begins anew.
 */
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const path = process.env.LOOP_PROBE;
delete process.env.LOOP_PROBE;
const histogram = monitorEventLoopDelay({ resolution: 1 });
histogram.enable();
process.on('SIGUSR2', () => histogram.reset());
process.once('exit', () => {
  if (path === undefined) return;
  const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - 1);
  const figures = {
    p50: ms(histogram.percentile(50)),
    p99: ms(histogram.percentile(99)),
    max: ms(histogram.max),
  };
  writeFileSync(path, JSON.stringify(figures));
});
