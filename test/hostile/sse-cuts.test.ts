import t from 'tap';
import { call, open, startServer, type TestServer } from '../support/http-server.ts';
import { createRandom, type Random } from '../support/random.ts';
import { until } from '../support/until.ts';

/** Cuts in all; `DROVER_TEST_CUTS` raises it. */
const cutCount = Number(process.env.DROVER_TEST_CUTS ?? 1000);
const readerCount = 10;

type Reading = { readonly seqs: number[]; cuts: number; lastId: number };

t.test(
  'a stream cut at random resumes with each event once and in order',
  { timeout: 110_000 },
  async (t) => {
    const server = await startServer();
    t.teardown(() => server.close());
    server.services.addRun('run_a');
    const random = createRandom();
    const readings: Reading[] = Array.from({ length: readerCount }, () => ({ seqs: [], cuts: 0, lastId: 0 }));
    let isWriting = true;
    const writer = (async () => {
      while (readings.some(({ cuts }) => cuts < cutCount / readerCount)) {
        const burst = 1 + random.below(30);
        for (let index = 0; index < burst; index += 1) {
          const runId = random.next() < 0.5 ? 'run_a' : random.next() < 0.5 ? 'run_b' : null;
          server.services.emit('output.stdout', runId, { text: 'x'.repeat(random.below(2000)) });
          if (random.next() < 0.5) await new Promise((resolve) => setImmediate(resolve));
        }
        await new Promise((resolve) => setTimeout(resolve, 2 + random.below(5)));
      }
      server.services.endRun('run_a');
      isWriting = false;
    })();

    await Promise.all(
      readings.map(async (reading, index) => {
        const path = index % 2 === 0 ? '/v1/events' : '/v1/runs/run_a/events';
        while (reading.cuts < cutCount / readerCount) {
          reading.cuts += await readUntilCut({ server, path, reading, random });
        }
        await writer;
        const last = server.services.journal.lastSeq();
        while (reading.lastId < last) await readUntilCut({ server, path, reading, random, isLast: true });
      }),
    );

    const total = server.services.journal.lastSeq();
    const cuts = readings.reduce((sum, reading) => sum + reading.cuts, 0);
    const all = Array.from({ length: total }, (_, index) => index + 1);
    const { events } = await server.services.journal.read({
      after: 0,
      limit: total,
      maxBytes: 1e9,
      runId: 'run_a',
    });
    const ofRun = events.map(({ seq }) => seq);
    t.comment(`seed ${random.seed}, ${cuts} cuts, ${total} events, ${readerCount} readers`);
    t.equal(isWriting, false);
    t.ok(cuts >= cutCount);
    t.ok(total > cutCount);
    for (const [index, { seqs }] of readings.entries()) {
      t.strictSame(seqs, index % 2 === 0 ? all : ofRun, `reader ${index}`);
    }
    await until('health', async () => (await call(server, 'GET', '/healthz')).status === 200);
    await until('no stream to be left', () => server.http.counts().streams === 0);
  },
);

type ReadOptions = {
  server: TestServer;
  path: string;
  reading: Reading;
  random: Random;
  isLast?: boolean;
};

/** Reads whole events, then cuts the connection after a random number of bytes. Returns 1 for a cut. */
function readUntilCut({ server, path, reading, random, isLast }: ReadOptions): Promise<0 | 1> {
  return new Promise((resolve) => {
    const cutAfter = isLast ? Number.POSITIVE_INFINITY : 1 + random.below(20_000);
    const isSlow = random.next() < 0.1;
    const socket = open({ socket: server.socket });
    let received = 0;
    let text = '';
    const done = (cut: 0 | 1) => {
      socket.destroy();
      resolve(cut);
    };
    socket.on('data', (chunk: Buffer) => {
      const room = Math.max(0, cutAfter - received);
      received += chunk.length;
      text = takeEvents(text + chunk.subarray(0, room).toString('latin1'), reading);
      if (received >= cutAfter) return done(1);
      if (isLast && reading.lastId >= server.services.journal.lastSeq()) return done(0);
      if (!isSlow) return;
      socket.pause();
      setTimeout(() => socket.resume(), 5);
    });
    socket.on('error', () => done(0));
    socket.on('close', () => done(0));
    // HTTP/1.0, so that the body comes without chunk marks: as a reader sees it behind any HTTP library.
    socket.write(`GET ${path} HTTP/1.0\r\nHost: localhost\r\nLast-Event-ID: ${reading.lastId}\r\n\r\n`);
  });
}

/** Notes every whole event of the text and returns the rest. */
function takeEvents(text: string, reading: Reading): string {
  const blocks = text.split('\n\n');
  const rest = blocks.pop() ?? '';
  for (const block of blocks) {
    const id = /^id: (\d+)$/m.exec(block)?.[1];
    if (id === undefined) continue;
    reading.lastId = Number(id);
    reading.seqs.push(reading.lastId);
  }
  return rest;
}
