import t from 'tap';
import { formatOutcome, formatRun, formatRuns } from '../../src/cli/print/run.ts';
import { plainStyle } from '../../src/cli/print/style.ts';
import { anEndedRun } from '../support/resources.ts';

const now = Date.parse('2026-01-02T04:00:00.000Z');
const interrupted = anEndedRun({ status: 'interrupted', reason: 'The machine went down', exit_code: null });

t.test('an interrupted run says how it goes on', async (t) => {
  const hint = `go on with: drover runs retry ${interrupted.id}`;

  t.match(formatRun(interrupted, now, plainStyle), `hint:      ${hint}\n`);
  t.match(formatOutcome(interrupted, plainStyle), `\nhint: ${hint}\n`);
  t.notMatch(formatRun(anEndedRun(), now, plainStyle), 'hint');
});

t.test('a list counts what was interrupted and not retried yet', async (t) => {
  const other = anEndedRun({ id: 'run_01JD0000000000000000000002', status: 'interrupted' });
  const retry = anEndedRun({ id: 'run_01JD0000000000000000000003', retry_of: other.id });

  const list = formatRuns([retry, other, interrupted], now, plainStyle);
  t.match(list, '1 interrupted: go on with: drover runs retry ID\n');
  t.notMatch(formatRuns([retry, other], now, plainStyle), 'interrupted: go');
});

t.test('a lost session says how to begin anew', async (t) => {
  for (const code of ['session_lost', 'no_session']) {
    const lost = anEndedRun({ status: 'failed', error: { code, message: 'It is lost' } });

    t.match(formatOutcome(lost, plainStyle), `hint: begin anew with: drover runs retry ${lost.id} --fresh\n`);
  }
});
