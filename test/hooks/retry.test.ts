import t from 'tap';
import type { HookConfig } from '../../src/contract/index.ts';
import { fillHeaders } from '../../src/domain/hooks/headers.ts';
import { nameOf, toHook } from '../../src/domain/hooks/hook.ts';
import { afterTry, pausesMs, pauseUntilDue, warningOf } from '../../src/domain/hooks/retry.ts';
import type { HookRow } from '../../src/foundation/store/index.ts';

const config: HookConfig = {
  on: ['run.finished'],
  url: 'https://chat.example.org/secret/path',
  timeout: '30s',
};
const hook = toHook(config);
const fresh: HookRow = { key: hook.key, seq: 10, attempts: 0, dueAt: 0, failedSeq: null, error: null };
const failed = { kind: 'failed', error: 'it answered 500' } as const;

t.test('an event is tried six times with growing pauses and is then given up', async (t) => {
  const rows: HookRow[] = [];
  let row = fresh;
  let isGivenUp = false;
  for (let now = 0; !isGivenUp; now = row.dueAt) {
    ({ row, isGivenUp } = afterTry(row, { seq: 15, outcome: failed, now, pauses: pausesMs }));
    rows.push(row);
  }

  t.same(
    rows.map(({ dueAt }, index) => dueAt - (rows[index - 1]?.dueAt ?? 0)).slice(0, -1),
    [1000, 5000, 20_000, 60_000, 300_000],
  );
  t.same(
    rows.map(({ seq, attempts }) => [seq, attempts]),
    [...[1, 2, 3, 4, 5].map((attempts) => [14, attempts]), [15, 0]],
    'the place is before the event until then',
  );
  t.match(
    row,
    { failedSeq: 15, error: 'it answered 500' },
    'what failed is known until something is delivered',
  );
});

t.test('a delivery forgets what failed before', async (t) => {
  const before = { ...fresh, seq: 14, attempts: 3, dueAt: 5, failedSeq: 15, error: 'x' };

  const { row, isGivenUp } = afterTry(before, {
    seq: 15,
    outcome: { kind: 'delivered' },
    now: 9,
    pauses: pausesMs,
  });

  t.same([row, isGivenUp], [{ ...fresh, seq: 15 }, false]);
});

t.test('tries of an event that is gone are not counted for the next one', async (t) => {
  const before = { ...fresh, seq: 14, attempts: 5, dueAt: 5, failedSeq: 15, error: 'x' };

  const { row, isGivenUp } = afterTry(before, { seq: 20, outcome: failed, now: 100, pauses: pausesMs });

  t.same([row.seq, row.attempts, row.dueAt, isGivenUp], [19, 1, 1100, false]);
});

t.test('a clock that was set back makes no pause longer than the longest', async (t) => {
  const waiting = { ...fresh, attempts: 2, dueAt: 10_000_000 };

  t.equal(pauseUntilDue(waiting, 9_999_000, pausesMs), 1000);
  t.equal(pauseUntilDue(waiting, 0, pausesMs), 300_000);
  t.equal(pauseUntilDue(waiting, 20_000_000, pausesMs), 0);
  t.equal(pauseUntilDue(fresh, 0, pausesMs), 0);
});

t.test('a warning names the host and never the path, which may be a secret', async (t) => {
  const failing = { ...fresh, attempts: 1, failedSeq: 15, error: 'it answered 500' };

  t.equal(
    warningOf(hook, failing),
    `Event 15 did not reach the hook https://chat.example.org (${hook.key}): it answered 500; it is tried again`,
  );
  t.match(warningOf(hook, { ...failing, attempts: 0 }), /; it was given up$/);
  t.equal(warningOf(hook, fresh), null);
  t.match(
    nameOf(toHook({ on: ['*'], command: ['notify-send', 'x'], timeout: '1s' })),
    /^notify-send \([0-9a-f]{16}\)$/,
  );
});

t.test('variables in headers are filled in, and a missing one is named', async (t) => {
  const env = { TOKEN: 's3cret', EMPTY: '', A: '$TOKEN' };

  t.same(fillHeaders({ authorization: 'Bearer $TOKEN', price: '$$TOKEN $A!', plain: 'x' }, env), {
    kind: 'filled',
    headers: { authorization: 'Bearer s3cret', price: '$TOKEN $TOKEN!', plain: 'x' },
  });
  t.same(fillHeaders({ a: '$TOKEN $EMPTY $NO' }, env), { kind: 'missing', variable: 'EMPTY' });
});
