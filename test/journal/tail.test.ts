import t from 'tap';
import { settleMemory } from '../../src/base/index.ts';
import { createTail } from '../../src/domain/journal/tail.ts';
import type { CommittedEvent } from '../../src/foundation/store/index.ts';
import { frames } from '../../src/http/sse/frame.ts';

const mayNeedBytes = 4 * 2 ** 20;

function event(seq: number): CommittedEvent {
  const data = { stream: 'stdout', text: `line ${seq}`, offset: seq, bytes: 10, partial: false };
  return {
    seq,
    time: 1_700_000_000_000,
    type: 'output.stdout',
    runId: 'run_1',
    repoId: null,
    planId: null,
    source: 'agent',
    data,
  };
}

function usedBytes(): number {
  settleMemory();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

t.test('small events that were read needed five times the memory that the tail may have', async (t) => {
  const tail = createTail(0);
  const before = usedBytes();

  for (let seq = 1; seq <= 20_000; seq += 1) {
    tail.append([event(seq)]);
    frames(tail.read({ after: seq - 1, limit: 1, maxBytes: 1000, runId: null }).events);
  }
  const usedMore = usedBytes() - before;

  t.ok(usedMore < mayNeedBytes * 1.3, `${usedMore} bytes`);
  t.ok(tail.covers(19_000), 'a reader that is a little behind is served from memory');
  t.notOk(tail.covers(10_000));
});
