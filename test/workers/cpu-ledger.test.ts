import t from 'tap';
import { type CpuLedger, type CpuRow, carryOn, emptyLedger } from '../../src/domain/workers/cpu-ledger.ts';
import { createRandom } from '../support/random.ts';

const row = (pid: number, cpuMs: number, more: Partial<CpuRow> = {}): CpuRow => ({
  pid,
  parentPid: 1,
  startTime: '1',
  cpuMs,
  reapedCpuMs: 0,
  ...more,
});
const after = (...looks: readonly (readonly CpuRow[])[]): CpuLedger => looks.reduce(carryOn, emptyLedger);

t.test('what a process and its children used is the total', async (t) => {
  t.equal(after([row(10, 100), row(11, 50, { parentPid: 10 })]).totalMs, 150);
  t.equal(
    after([row(10, 100, { reapedCpuMs: 400 })]).totalMs,
    500,
    'children that ended before the first look',
  );
});

t.test('a child that ends is counted once, and what it used unseen is added', async (t) => {
  const ledger = after(
    [row(10, 100), row(11, 5000, { parentPid: 10 })],
    [row(10, 110, { reapedCpuMs: 5300 })],
  );

  t.equal(ledger.totalMs, 110 + 5300);
});

t.test('a child was counted twice when the kernel showed it gone before it was its parent’s', async (t) => {
  const ledger = after(
    [row(10, 100), row(11, 5000, { parentPid: 10 })],
    [row(10, 100)],
    [row(10, 100, { reapedCpuMs: 5000 })],
  );

  t.equal(ledger.totalMs, 5100);
});

t.test('a grandchild that went with its parent is counted once', async (t) => {
  const ledger = after(
    [row(10, 1), row(11, 1000, { parentPid: 10 }), row(12, 2000, { parentPid: 11 })],
    [row(10, 1, { reapedCpuMs: 3000 })],
  );

  t.equal(ledger.totalMs, 3001);
});

t.test('what an orphan used stays counted when nobody of the tree waits for it', async (t) => {
  const ledger = after([row(10, 1), row(11, 1000)], [row(10, 1)], [row(10, 5)]);

  t.equal(ledger.totalMs, 1005);
});

t.test('a process that has the pid of another is not that one', async (t) => {
  const ledger = after([row(10, 1000)], [row(10, 30, { startTime: '2' })]);

  t.equal(ledger.totalMs, 1030);
});

t.test('whatever ends when, the total is what was used', async (t) => {
  const { seed, next, below: used } = createRandom();
  t.comment(`DROVER_TEST_SEED=${seed}`);
  let ends = 0;

  for (let round = 0; round < 200; round += 1) {
    const live = new Map<number, { cpuMs: number; reapedCpuMs: number }>();
    let truth = 0;
    let ledger = emptyLedger;
    let parent = { cpuMs: 0, reapedCpuMs: 0 };
    for (let step = 0, pid = 100; step < 30; step += 1) {
      const own = used(50);
      parent = { ...parent, cpuMs: parent.cpuMs + own };
      truth += own;
      if (next() < 0.5) live.set(pid++, { cpuMs: 0, reapedCpuMs: 0 });
      for (const child of live.values()) {
        const more = used(100);
        child.cpuMs += more;
        truth += more;
      }
      const ending = next() < 0.4 ? [...live.keys()].at(used(live.size)) : undefined;
      if (ending !== undefined) {
        parent = { ...parent, reapedCpuMs: parent.reapedCpuMs + (live.get(ending)?.cpuMs ?? 0) };
        live.delete(ending);
        ends += 1;
      }
      ledger = carryOn(ledger, [
        row(10, parent.cpuMs, { reapedCpuMs: parent.reapedCpuMs }),
        ...[...live].map(([key, child]) => row(key, child.cpuMs, { parentPid: 10 })),
      ]);
      if (ledger.totalMs !== truth) t.fail(`round ${round}, step ${step}: ${ledger.totalMs} of ${truth}`);
    }
  }
  t.ok(ends > 500, `${ends} children ended`);
});
