/** A plan between the machine and its row: what is stored of a decision, and how much. */
import t from 'tap';
import { toColumns, toState } from '../../src/domain/plans/state-columns.ts';
import type { PlanRow } from '../../src/foundation/store/index.ts';
import { planState } from '../support/plan-state.ts';

/** All that the columns of a plan are made of here. */
const row = (change: Partial<PlanRow> = {}) => ({ ...change }) as PlanRow;

t.test('a decision is read as it was stored, the question apart from the answer', (t) => {
  const readOf = (guidance: string | null) => toState(row({ guidance }), []).guidance;
  for (const guidance of [
    null,
    { question: null, answer: '{"answer":"x"}' },
    { question: 'Red?', answer: 'blue' },
  ]) {
    const { guidance: stored = null } = toColumns(planState({ guidance }), row(), 1);
    t.same(readOf(stored), guidance);
  }
  for (const old of ['blue', '{"red" or {"blue"', '{"red":1}'])
    t.same(readOf(old), { question: null, answer: old }, 'bare words, as they were stored once');
  t.end();
});
