import type { RunStatus } from '../contract/index.ts';

/** What is going on in one line, as `systemctl status` shows it: "2 runs, 1 waits for you, 3 queued". */
export function statusText(counts: ReadonlyMap<RunStatus, number>, approvalsPending: number): string {
  const of = (status: RunStatus) => counts.get(status) ?? 0;
  const live = of('starting') + of('running') + of('waiting');
  const parts = [
    live === 0 ? 'no runs' : live === 1 ? '1 run' : `${live} runs`,
    ...(approvalsPending === 0
      ? []
      : [approvalsPending === 1 ? '1 approval waits for you' : `${approvalsPending} approvals wait for you`]),
    ...(of('queued') === 0 ? [] : [`${of('queued')} queued`]),
  ];
  return parts.join(', ');
}
