/**
 * daemon: the life of the one process: start, lock, wiring, reload, drain, stop. It promises that exactly one daemon
 * serves a state root, that it is ready only when it has recovered, and that stopping it stops no run. It must not know
 * how a run, a repository or a request is handled: it only puts the rooms together.
 */
export { type CheckedStart, checkDaemon } from './check.ts';
export { type RunDaemonOptions, runDaemon } from './run-daemon.ts';
