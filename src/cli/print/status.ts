import type { Status } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import { count, formatSpan } from './span.ts';
import type { Style } from './style.ts';
import { formatTable } from './table.ts';

/** What `drover status` shows. The fast way of main.ts and the full command both print this. */
export function formatStatus(status: Status, style: Style): string {
  const state = status.draining
    ? style.yellow('stopping')
    : status.ready
      ? style.green('running')
      : style.yellow('starting');
  const { queued, starting, running, waiting, parked = 0 } = status.runs; // an older daemon parks none
  const interrupted = status.runs_interrupted ?? 0; // an older daemon says nothing
  const runs = [
    `${starting + running} running`,
    ...(waiting > parked ? [style.yellow(`${waiting - parked} waiting for you`)] : []),
    ...(parked > 0 ? [`${parked} waiting for a provider’s limit`] : []),
    ...(queued > 0 ? [`${queued} queued`] : []),
    ...(interrupted > 0
      ? [style.red(`${interrupted} interrupted since the start: drover runs list --status interrupted`)]
      : []),
  ].join(', ');
  const lines = [
    [
      'daemon',
      `${state}, pid ${status.pid}, up ${formatSpan(status.uptime_sec * 1000)}, version ${escapeLine(status.version)}`,
    ],
    ...(status.profile === 'default' ? [] : [['profile', escapeLine(status.profile)]]),
    ['socket', escapeLine(status.socket)],
    ...(status.address === null ? [] : [['address', escapeLine(status.address)]]),
    ['state', escapeLine(status.state_root)],
    ['config', escapeLine(status.config ?? 'defaults (no file)')],
    ...(status.service == null ? [] : [['service', escapeLine(status.service)]]), // an older daemon says nothing
    ['runs', runs],
    ...(status.approvals_pending > 0
      ? [
          [
            'approvals',
            style.yellow(`${count(status.approvals_pending, 'approval')} pending: drover approvals`),
          ],
        ]
      : []),
    ...(blockedPlans(status) > 0
      ? [['plans', style.yellow(`${count(blockedPlans(status), 'plan')} blocked, waiting for you`)]]
      : []),
    ...(status.repos.length === 0 ? [['repos', 'none: add one with drover daemon add PATH']] : []),
  ].map(([name, value]) => `${`${name}:`.padEnd(11)}${value}\n`);
  const repos =
    status.repos.length === 0
      ? ''
      : `\n${formatTable(
          [
            { heading: 'REPO' },
            { heading: 'RUNS', alignRight: true },
            { heading: 'PLANS', alignRight: true },
            { heading: 'PATH' },
          ],
          status.repos.map((repo) => [
            escapeLine(repo.project),
            String(repo.active_runs),
            String(activePlans(repo)),
            escapeLine(repo.path) + (repo.missing ? ' (missing)' : ''),
          ]),
        )}`;
  const attention = status.repos
    .flatMap(attentionOf)
    .map((line) => `${style.yellow(line)}\n`)
    .join('');
  const warnings = status.warnings
    .map((text) => `${style.yellow('warning:')} ${escapeLine(text)}\n`)
    .join('');
  return lines.join('') + repos + attention + (warnings === '' ? '' : `\n${warnings}`);
}

/** An older daemon says nothing of blocked plans. */
function blockedPlans({ plans_blocked: blocked = 0 }: Partial<Status>): number {
  return blocked;
}

function activePlans({ active_plans: active }: Status['repos'][number]): number {
  return typeof active === 'number' ? active : 0; // an older daemon has an empty list there
}

/** What of a repository needs a person, and the command that shows it. */
function attentionOf({ project, plans_blocked: blocked, plans_waiting: waiting }: Status['repos'][number]) {
  const name = escapeLine(project);
  const line = (plans: number, forWhat: string, status: string) =>
    `${name}: ${plans === 1 ? '1 plan waits' : `${plans} plans wait`} for ${forWhat}: drover plan list --repo ${name} --status ${status}`;
  return [
    ...(blocked > 0 ? [line(blocked, 'your decision', 'blocked')] : []),
    ...(waiting > 0 ? [line(waiting, 'your go', 'waiting')] : []),
  ];
}
