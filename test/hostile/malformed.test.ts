import t from 'tap';
import { adminToken } from '../support/fake-services.ts';
import { call, open, startServer } from '../support/http-server.ts';
import { createRandom, type Random } from '../support/random.ts';

/** How many a change sends; `DROVER_TEST_REQUESTS` raises it. */
const requestCount = Number(process.env.DROVER_TEST_REQUESTS ?? 20_000);
const width = 16;

const lines = [
  'GET /v1/runs HTTP/1.1',
  'POST /v1/runs HTTP/1.1',
  'DELETE /v1/runs/run_a HTTP/1.1',
  'PRI * HTTP/2.0',
];
const headers = [
  'Accept: application/json',
  'Content-Type: application/json',
  'Content-Length: 14',
  'Content-Length: 99999999999999999999',
  'Content-Length: -1',
  'Content-Length: 0x10',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: xchunked',
  'Expect: 100-continue',
  'Upgrade: h2c',
  'Connection: keep-alive, upgrade',
  'Connection: close',
  `Authorization: Bearer ${adminToken}`,
  'Last-Event-ID: 99999999999999999999',
  'Idempotency-Key: k',
  ': no name',
  'No colon',
  ' folded: line',
  'Na\x00me: x',
  'X: \x00\x01\x7f\xff',
];
const bodies = [
  '',
  '{"prompt":"x"}',
  '{',
  '5\r\nabcde\r\n0\r\n\r\n',
  'zz\r\n',
  'ffffffffffffffff\r\n',
  '\x00\xff'.repeat(50),
];
const junk = [
  '\r\n',
  '\n',
  '\r',
  '\x00',
  '\xff',
  ':',
  ' ',
  '\t',
  '%',
  '/',
  'A'.repeat(300),
  '\x16\x03\x01\x02\x00',
];

/** A request put together from good and bad parts, then damaged byte by byte. */
function malformed(random: Random, host: string): Buffer {
  const some = Array.from({ length: random.below(4) }, () => random.pick(headers));
  if (random.next() < 0.8) some.unshift(`Host: ${host}`, `Authorization: Bearer ${adminToken}`);
  const end = random.next() < 0.9 ? '\r\n\r\n' : random.pick(junk);
  const whole = `${[random.pick(lines), ...some].join('\r\n')}${end}${random.pick(bodies)}`;
  let bytes = Buffer.from(whole, 'latin1');
  for (let damage = random.below(3); damage > 0; damage -= 1) {
    const at = random.below(bytes.length);
    const cut = random.below(3);
    bytes = Buffer.concat([
      bytes.subarray(0, at),
      Buffer.from(random.next() < 0.5 ? random.pick(junk) : String.fromCharCode(random.below(256)), 'latin1'),
      bytes.subarray(at + cut),
    ]);
  }
  return random.next() < 0.1 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

t.test('malformed requests crash nothing and the daemon stays healthy', { timeout: 115_000 }, async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  server.services.addRun('run_a');
  const random = createRandom();
  const crashes: unknown[] = [];
  const note = (error: unknown) => crashes.push(error);
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  t.teardown(() => {
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
  });
  const statuses = new Map<string, number>();
  let sent = 0;
  let slowestMs = 0;

  const worker = async () => {
    while (sent < requestCount) {
      sent += 1;
      const isSocket = random.next() < 0.5;
      const where = isSocket ? { socket: server.socket } : { port: server.port };
      const host = isSocket ? 'localhost' : `localhost:${server.port}`;
      const status = await exchange(where, malformed(random, host));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (sent % 1000 === 0) {
        const before = performance.now();
        t.equal((await call(server, 'GET', '/healthz')).status, 200, `healthy after ${sent}`);
        slowestMs = Math.max(slowestMs, performance.now() - before);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, worker));

  const found = [...statuses].sort().map(([status, count]) => `${status}: ${count}`);
  const megabytes = Math.round(process.memoryUsage().rss / 2 ** 20);
  t.comment(`seed ${random.seed}, ${sent} requests, ${found.join(', ')}`);
  t.comment(`slowest /healthz ${slowestMs.toFixed(1)} ms, ${megabytes} MB`);
  t.strictSame(crashes, []);
  t.ok(sent >= requestCount);
  t.ok((statuses.get('400') ?? 0) > requestCount / 10, 'many were refused by the parser or the guard');
  t.equal(statuses.get('500') ?? 0, 0, 'no fault of ours');
  t.strictSame(
    server.log.filter(({ level }) => level === 'error'),
    [],
  );
});

/** Sends the bytes, half-closes, and resolves with the first status that comes back. */
function exchange(where: { socket: string } | { port: number }, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let status = 'none';
    const socket = open(where);
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(status);
    };
    const timer = setTimeout(done, 2000);
    socket.on('data', (chunk: Buffer) => {
      status = /^HTTP\/1\.1 (?!100)(\d{3})/m.exec(chunk.toString('latin1'))?.[1] ?? status;
      if (status !== 'none') done();
    });
    socket.on('error', done);
    socket.on('close', done);
    socket.end(bytes);
  });
}
