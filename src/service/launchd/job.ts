/**
 * Sequences of launchctl for one label. Each ends in a state that launchd confirmed, or throws `service_failed`; the law
 * of each step is in `steps.ts`.
 */
import type { Clock } from '../../base/index.ts';
import { type Answer, type Job, judge } from './answers.ts';
import { type Domain, findJobs, readJob, refusal } from './domains.ts';
import type { Launchctl } from './launchctl.ts';
import { afterBootout, afterBootstrap, afterKickstart, afterSignal, howToStop } from './steps.ts';

/** What the template says: seconds between SIGTERM and SIGKILL. */
export const exitTimeoutMs = 20_000;
/** A label leaves after its process: some seconds more on a busy machine. */
export const leaveMs = exitTimeoutMs + 15_000;
/** EIO while an old label leaves has been seen for 5 s, at times for 15. */
export const bootstrapMs = 25_000;
const pollMs = 250;

/** A label of this user, and the way to ask about it. */
export type Label = {
  readonly launchctl: Launchctl;
  readonly clock: Clock;
  readonly uid: number;
  readonly name: string;
  readonly file: string;
};

/** Loads the label, which starts it. Enabled first each time: a `disable` of an earlier time survives everything. */
export async function load(label: Label, domain: Domain): Promise<void> {
  const { launchctl, clock, file } = label;
  const deadline = clock.monotonic() + bootstrapMs;
  await enable(label, domain);
  for (;;) {
    const answer = await launchctl('bootstrap', domain.name, file);
    const verdict = judge(answer);
    const job = verdict === 'done' ? null : await readJob(launchctl, domain, label.name);
    switch (afterBootstrap(verdict, job, clock.monotonic() > deadline)) {
      case 'loaded':
        return;
      case 'give-up':
        throw refusal('bootstrap', `${domain.name} ${file}`, answer, whyBootstrapFails(answer));
      case 'enable':
        await enable(label, domain);
        await clock.sleep(pollMs);
        break;
      case 'wait':
        await clock.sleep(pollMs);
    }
  }
}

/** Unloads the label and waits until launchd no longer knows it. Its process gets SIGTERM, and after ExitTimeOut SIGKILL. */
export async function unload(label: Label, domain: Domain): Promise<void> {
  const { launchctl, clock } = label;
  const target = targetOf(label, domain);
  const deadline = clock.monotonic() + leaveMs;
  let answer = await launchctl('bootout', target);
  for (;;) {
    const job = await readJob(launchctl, domain, label.name);
    switch (afterBootout(judge(answer), job, clock.monotonic() > deadline)) {
      case 'gone':
        return;
      case 'give-up':
        throw refusal('bootout', target, answer);
      case 'again':
        await clock.sleep(pollMs);
        answer = await launchctl('bootout', target);
        break;
      case 'wait':
        await clock.sleep(pollMs);
    }
  }
}

/** Starts a label that is loaded; `isForced` also when it runs, which is killed then. Loads one that is not. */
export async function kickstart(label: Label, domain: Domain, isForced: boolean): Promise<void> {
  const { launchctl, clock } = label;
  const target = targetOf(label, domain);
  const deadline = clock.monotonic() + leaveMs;
  for (;;) {
    const answer = await launchctl('kickstart', ...(isForced ? ['-k'] : []), target);
    const verdict = judge(answer);
    const job = verdict === 'done' ? null : await readJob(launchctl, domain, label.name);
    switch (afterKickstart(verdict, job, clock.monotonic() > deadline)) {
      case 'started':
        return;
      case 'load':
        return load(label, domain);
      case 'give-up':
        throw refusal('kickstart', target, answer);
      case 'enable':
        await enable(label, domain);
        await clock.sleep(pollMs);
        break;
      case 'wait':
        await clock.sleep(pollMs);
    }
  }
}

/** Ends the daemon by SIGTERM and leaves the label loaded; unloads it where that would not keep it down. */
export async function end(label: Label, domain: Domain, job: Job): Promise<void> {
  switch (howToStop(job)) {
    case 'nothing':
      return;
    case 'bootout':
      return unload(label, domain);
    case 'signal':
      if ((await terminate(label, domain, job.pid ?? 0)) === 'bootout') await unload(label, domain);
  }
}

/**
 * Ends the daemon and starts it again, and never unloads the label: a label that leaves may fail to come back. `-k` alone
 * would kill the daemon outright, so it gets SIGTERM and the time to end first.
 */
export async function restart(label: Label, domain: Domain, job: Job): Promise<void> {
  if (howToStop(job) === 'signal') await terminate(label, domain, job.pid ?? 0);
  await kickstart(label, domain, true);
}

/** Unloads the label from every domain. */
export async function unloadEverywhere(label: Label): Promise<readonly Domain[]> {
  const found = await findJobs(label.launchctl, label.uid, label.name);
  for (const { domain } of found) await unload(label, domain);
  return found.map(({ domain }) => domain);
}

export async function enable(label: Label, domain: Domain): Promise<void> {
  const target = targetOf(label, domain);
  const answer = await label.launchctl('enable', target);
  if (judge(answer) !== 'done') throw refusal('enable', target, answer);
}

async function terminate(label: Label, domain: Domain, pid: number): Promise<'down' | 'bootout'> {
  const { launchctl, clock } = label;
  const deadline = clock.monotonic() + exitTimeoutMs;
  const verdict = judge(await launchctl('kill', 'SIGTERM', targetOf(label, domain)));
  if (verdict !== 'done' && verdict !== 'absent') return 'bootout'; // it was not delivered
  for (;;) {
    const step = afterSignal(pid, await readJob(launchctl, domain, label.name), clock.monotonic() > deadline);
    if (step !== 'wait') return step;
    await clock.sleep(pollMs);
  }
}

function targetOf({ name }: Label, domain: Domain): string {
  return `${domain.name}/${name}`;
}

function whyBootstrapFails({ code }: Answer): string {
  if (code !== 5) return 'the reason is in: log show --last 5m --predicate \'process == "launchd"\'';
  return 'launchd says no more than that; often the file can be written by others, or lies on another volume';
}
