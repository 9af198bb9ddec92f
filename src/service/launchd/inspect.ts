import { lstatSync, readFileSync } from 'node:fs';
import { readLastWords } from '../../base/index.ts';
import { sealState } from '../seal.ts';
import type { ServiceFacts } from '../types.ts';
import type { Job } from './answers.ts';
import { type Domain, findJobs, isDisabled } from './domains.ts';
import type { Label } from './job.ts';
import { type InstalledAgent, readAgent } from './read-agent.ts';
import { reasonOf } from './ready.ts';
import { isAtRest, isLeaving } from './steps.ts';

/** What is installed for a label and how it does; null without a file. */
export async function inspectAgent(label: Label, preferred: Domain): Promise<ServiceFacts | null> {
  if (lstatSync(label.file, { throwIfNoEntry: false }) === undefined) return null;
  const { agent, isEdited } = readInstalled(label.file);
  const found = await findJobs(label.launchctl, label.uid, label.name);
  const here = found.find(({ job }) => job.pid !== null) ?? found[0];
  return {
    manager: 'launchd',
    unit: label.name,
    file: label.file,
    isEdited,
    spec: agent?.spec ?? null,
    isEnabled: !(await isDisabled(label.launchctl, here?.domain ?? preferred, label.name)),
    ...conditionOf(here?.job ?? null, agent?.errors ?? null),
    lingers: null,
  };
}

/** What the file itself says; nothing, where it cannot be read or is a link, which drover did not make. */
export function readInstalled(file: string): {
  readonly agent: InstalledAgent | null;
  readonly isEdited: boolean;
} {
  try {
    if (!lstatSync(file).isFile()) return { agent: null, isEdited: true };
    const text = readFileSync(file, 'utf8');
    return { agent: readAgent(text), isEdited: sealState(text) !== 'intact' };
  } catch {
    return { agent: null, isEdited: true };
  }
}

/**
 * How a job does. One that is at rest with exit code 0 was stopped, or has told launchd 0 so as not to be started again:
 * then its error is the last thing in its error file.
 */
export function conditionOf(
  job: Job | null,
  errors: string | null,
): Pick<ServiceFacts, 'state' | 'reason' | 'pid'> {
  if (job === null) return { state: 'inactive', reason: 'launchd has not loaded it', pid: null };
  const { pid, ended, state } = job;
  const reason = () => reasonOf(job, errors ?? '');
  if (isLeaving(job)) return { state: 'deactivating', reason: null, pid };
  if (pid !== null) return { state: state === 'running' ? 'active' : 'activating', reason: null, pid };
  if (state === null) return { state: 'unknown', reason: null, pid };
  if (!isAtRest(job)) {
    const hasFailed = ended !== null && !(ended.kind === 'exit' && ended.code === 0);
    return { state: 'activating', reason: hasFailed ? reason() : null, pid };
  }
  if (ended === null) return { state: 'inactive', reason: null, pid };
  if (ended.kind === 'exit' && ended.code === 0) {
    const words = errors === null ? null : readLastWords(errors);
    return words?.isError === true
      ? { state: 'failed', reason: words.text, pid }
      : { state: 'inactive', reason: null, pid };
  }
  return { state: 'failed', reason: reason(), pid };
}
