import { AppError } from '../../contract/index.ts';
import { type Answer, isDisabledIn, type Job, judge, parseJob } from './answers.ts';
import type { Launchctl } from './launchctl.ts';
import type { DomainKind } from './render.ts';

/** A place in launchd where a user's jobs live: `gui/501`, or `user/501` where nobody is logged in to the screen. */
export type Domain = { readonly kind: DomainKind; readonly name: string };

/** A label that is loaded, and where. */
export type Found = { readonly domain: Domain; readonly job: Job };

const kinds: readonly DomainKind[] = ['gui', 'user'];

/**
 * The domain that an agent of this user belongs into. Asked before anything is done, and only then: a domain that goes
 * away later is an error, because falling back to the other one could leave two daemons.
 */
export async function chooseDomain(launchctl: Launchctl, uid: number): Promise<Domain> {
  let last: Answer = { code: null, text: '' };
  for (const domain of domainsOf(uid)) {
    last = await launchctl('print', domain.name);
    const verdict = judge(last);
    if (verdict === 'done') return domain;
    if (verdict !== 'no-domain' && verdict !== 'absent') break;
  }
  throw new AppError('service_unavailable', `launchd has no domain for uid ${uid}: ${saidBy(last)}`, {
    hint: 'log in to the screen of this Mac or over SSH, then try again; or: drover daemon start',
  });
}

/** Where the label is loaded: nowhere, in one domain, or in both after a change from one to the other. */
export async function findJobs(launchctl: Launchctl, uid: number, label: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const domain of domainsOf(uid)) {
    const job = await readJob(launchctl, domain, label);
    if (job !== null) found.push({ domain, job });
  }
  return found;
}

/** What launchd says of a label in a domain; null when it is not loaded there. Throws `service_failed` for no answer. */
export async function readJob(launchctl: Launchctl, domain: Domain, label: string): Promise<Job | null> {
  const answer = await launchctl('print', `${domain.name}/${label}`);
  switch (judge(answer)) {
    case 'done':
      return parseJob(answer.text);
    case 'absent':
    case 'no-domain':
      return null;
    default:
      throw refusal('print', `${domain.name}/${label}`, answer);
  }
}

/** True when somebody disabled the label, which outlives an uninstall. */
export async function isDisabled(launchctl: Launchctl, domain: Domain, label: string): Promise<boolean> {
  const answer = await launchctl('print-disabled', domain.name);
  return judge(answer) === 'done' && isDisabledIn(answer.text, label);
}

/** The error for a call that launchctl did not carry out. */
export function refusal(verb: string, target: string, answer: Answer, hint?: string): AppError {
  return new AppError('service_failed', `launchctl ${verb} ${target}: ${saidBy(answer)}`, {
    hint: hint ?? `look at what launchd knows: launchctl print ${target}`,
    fields: { code: answer.code },
  });
}

function saidBy({ code, text }: Answer): string {
  if (code === null) return 'no answer in time';
  const line = text.trim().split('\n').at(-1) ?? '';
  return line === '' ? `exit code ${code}` : `${line} (exit code ${code})`;
}

function domainsOf(uid: number): readonly Domain[] {
  return kinds.map((kind) => ({ kind, name: `${kind}/${uid}` }));
}
