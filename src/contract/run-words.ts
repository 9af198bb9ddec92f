/** The words of runs. Without a schema, so that the command line can offer them and load nothing else. */
export const runtimes = ['acp', 'claude', 'codex', 'command', 'terminal'] as const;
export const approvalModes = ['ask', 'auto', 'unrestricted'] as const;
/** `yolo` is what one reference page calls `unrestricted`. */
export const approvalModeWords = [...approvalModes, 'yolo'] as const;
export const runStatuses = [
  'queued',
  'starting',
  'running',
  'waiting',
  'succeeded',
  'failed',
  'canceled',
  'interrupted',
] as const;
export const endedRunStatuses = ['succeeded', 'failed', 'canceled', 'interrupted'] as const;

/** What of a run's output can be asked for. */
export const logTypes = ['process', 'stdout', 'stderr', 'transcript', 'debug', 'telemetry'] as const;

/** What a list of runs can be asked for: a state, its other spelling, or all that live or have ended. */
export const runStatusFilters = [...runStatuses, 'cancelled', 'live', 'ended'] as const;

/** What the list of approvals can be asked for. */
export const approvalStatusFilters = ['pending', 'past', 'all'] as const;

/** queued → starting → running ⇄ waiting → succeeded | failed | canceled | interrupted; the last four are final. */
export type RunStatus = (typeof runStatuses)[number];

export type Runtime = (typeof runtimes)[number];
export type ApprovalMode = (typeof approvalModes)[number];

/** What a report of usage can be by. */
export const usageKinds = ['day', 'run', 'session', 'repo', 'agent'] as const;

/** What a run waits on that its provider refuses for now, until an instant that is known. */
export const waitsOnLimit = 'rate_limit';

/** True for a run that goes on only when a person does something. */
export function waitsForPerson(run: {
  readonly status: RunStatus;
  readonly waiting_on: string | null;
}): boolean {
  return run.status === 'waiting' && run.waiting_on !== waitsOnLimit;
}

/** True for the final states. */
export function isEnded(status: RunStatus): boolean {
  return (endedRunStatuses as readonly RunStatus[]).includes(status);
}
