import type { Run } from '../../contract/index.ts';

/** What drover can do about how a run ended, as the end of a line; null where that is for the person alone. */
export function nextStep(run: Run): string | null {
  if (run.status === 'interrupted') return `go on with: drover runs retry ${run.id}`;
  const code = run.error?.code;
  if (code === 'session_lost' || code === 'no_session')
    return `begin anew with: drover runs retry ${run.id} --fresh`;
  return null;
}
