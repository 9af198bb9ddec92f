/**
 * What comes next, as functions of what launchctl answered and what launchd says of the label. All waits around them end
 * at a deadline: `isLate` says that it has passed.
 */
import type { Job, Verdict } from './answers.ts';

/**
 * After `bootstrap`. EIO is no answer: the label may still be leaving, or be loaded already. Loaded and not leaving is
 * what was wanted, whoever did it.
 */
export function afterBootstrap(
  verdict: Verdict,
  job: Job | null,
  isLate: boolean,
): 'loaded' | 'enable' | 'wait' | 'give-up' {
  if (verdict === 'done') return 'loaded';
  if (verdict === 'refused' || verdict === 'no-domain' || verdict === 'absent') return 'give-up';
  if (job !== null && !isLeaving(job)) return 'loaded';
  if (isLate) return 'give-up';
  return verdict === 'disabled' ? 'enable' : 'wait';
}

/**
 * After `bootout`, whatever it answered: only a label that launchd no longer knows is gone. A bootstrap before that fails,
 * and KeepAlive cannot help a job that is not loaded.
 */
export function afterBootout(
  verdict: Verdict,
  job: Job | null,
  isLate: boolean,
): 'gone' | 'again' | 'wait' | 'give-up' {
  if (job === null) return 'gone';
  if (isLate || verdict === 'refused' || verdict === 'no-domain') return 'give-up';
  return verdict === 'unclear' || verdict === 'absent' ? 'again' : 'wait';
}

/**
 * After `kickstart`, which answers 37 both for a job that is just being started and for one that is leaving. Without a
 * clear answer a job that runs counts as started: asked again, `-k` would kill what it has just started.
 */
export function afterKickstart(
  verdict: Verdict,
  job: Job | null,
  isLate: boolean,
): 'started' | 'enable' | 'load' | 'wait' | 'give-up' {
  if (verdict === 'done') return 'started';
  if (verdict === 'absent' || job === null) return 'load';
  const isPerhaps = verdict === 'moving' || verdict === 'unclear';
  if (isPerhaps && job.pid !== null && !isLeaving(job)) return 'started';
  if (isLate || verdict === 'refused' || verdict === 'no-domain') return 'give-up';
  return verdict === 'disabled' ? 'enable' : 'wait';
}

/** What starts the daemon from here. */
export function howToStart(job: Job | null): 'load' | 'kickstart' | 'nothing' {
  if (job === null) return 'load';
  return job.pid === null ? 'kickstart' : 'nothing';
}

/**
 * What stops the daemon from here. A SIGTERM ends it with 0, after which launchd lets it be, still loaded. Anything but a
 * process that runs or a job at rest is about to be started: only a `bootout` takes it back.
 */
export function howToStop(job: Job | null): 'nothing' | 'signal' | 'bootout' {
  if (job === null || isAtRest(job)) return 'nothing';
  return job.pid === null || isLeaving(job) ? 'bootout' : 'signal';
}

/** After SIGTERM to `pid`. Another pid is its successor: it had not ended with 0. */
export function afterSignal(pid: number, job: Job | null, isLate: boolean): 'down' | 'wait' | 'bootout' {
  if (job === null || isAtRest(job)) return 'down';
  return job.pid === pid && !isLate ? 'wait' : 'bootout';
}

/** No process, and none is coming. */
export function isAtRest(job: Job): boolean {
  return job.pid === null && job.state === 'not running';
}

/** It has ended, and not as it should: at rest, or until launchd starts it again, which it never does at once. */
export function hasEnded(job: Job): boolean {
  if (job.pid !== null || job.ended === null) return false;
  if (job.state === 'not running') return true;
  return job.state === 'spawn scheduled' && !(job.ended.kind === 'exit' && job.ended.code === 0);
}

/** On its way out after a `bootout`: `SIGTERMed`, `SIGKILLed`. */
export function isLeaving(job: Job): boolean {
  return job.state?.startsWith('SIG') === true;
}

/** True when launchd holds on to a program file that was replaced: the kernel ends what it starts until it is loaded anew. */
export function mustBeLoadedAnew(job: Job): boolean {
  return job.ended?.kind === 'system' && /CODESIGNING|LAUNCH_CONSTRAINT/.test(job.ended.name);
}
