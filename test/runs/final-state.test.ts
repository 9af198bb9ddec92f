import t from 'tap';
import type { Outcome } from '../../src/domain/agents/index.ts';
import { finalState, type ProcessEnd } from '../../src/domain/runs/live/finish.ts';
import type { RunRow } from '../../src/foundation/store/index.ts';

const run = (fields: Partial<RunRow> = {}) =>
  ({ stopKind: null, stopReason: null, outcome: null, adapterState: {}, ...fields }) as RunRow;
const exited = (wasStopped: boolean): ProcessEnd => ({
  kind: 'exited',
  exitCode: 143,
  signal: 'SIGTERM',
  wasStopped,
  verdict: null,
});
const judging = (outcome: Outcome) => ({ exited: () => outcome });
const failed = judging({ status: 'failed', reason: 'It failed', error: { code: 'x', message: 'It failed' } });
const succeeded = judging({ status: 'succeeded', reason: null, error: null });

t.test('a failure after the system had told the run to end is an interruption', async (t) => {
  t.match(finalState(run(), exited(true), failed), {
    status: 'interrupted',
    reason: /^The system stopped/,
    error: { code: 'interrupted' },
  });
  t.match(finalState(run(), exited(false), failed), { status: 'failed', reason: 'It failed' });
});

t.test('what was done in time is done, and what a person cancelled is canceled', async (t) => {
  t.match(finalState(run(), exited(true), succeeded), { status: 'succeeded' });
  const intended = run({ stopKind: 'cancel', stopReason: 'Cancelled' });
  t.match(finalState(intended, exited(true), failed), { status: 'canceled', reason: 'Cancelled' });
});
