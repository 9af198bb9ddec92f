/**
 * workers: the process side of live runs, and peers on other machines. It owns what a run's tree takes of the machine
 * and the list of remote workers; it promises that many runs are measured at one look, never more often than
 * `freshMs`, that a worker's figures are those of its own processes even where a pid was given again, and that nothing
 * is ever fetched from a remote worker. It must not know who asks, or how a run is driven.
 */
export { createMeter, type Meter } from './meter.ts';
export { createRemotes, heartbeatMs, maxRemotes, type Remotes } from './remotes.ts';
export { createWorkers, type Workers, type WorkersDeps } from './workers.ts';
