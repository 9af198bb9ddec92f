/**
 * Readers of event streams: `node readers.ts SOCKET [EXPECTED]`, one path per line of stdin, an empty line begins. Prints
 * `ready` when every stream has begun, `reached` when all together have seen EXPECTED events, and at the end of stdin what
 * was read. It looks at as little as it can, so that it costs the machine little.
 */
import { connect } from 'node:net';

const frameMark = Buffer.from('\nevent: ');
const timeMark = Buffer.from('"time":"');
const timeChars = 24;
const [, , socketPath = '', expectedText = 'Infinity'] = process.argv;
const expected = Number(expectedText);
const totals = { readers: 0, bytes: 0, events: 0 };
const lagsMs: number[] = [];

function countMarks(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(frameMark); at !== -1; at = bytes.indexOf(frameMark, at + 1)) count += 1;
  return count;
}

/** How old the newest event of the chunk is, by its own time. */
function noteLag(chunk: Buffer): void {
  const at = chunk.lastIndexOf(timeMark, -timeMark.length - timeChars); // none that the end of the chunk cuts
  const time = Date.parse(chunk.toString('latin1', at + timeMark.length, at + timeMark.length + timeChars));
  if (at !== -1 && Number.isFinite(time)) lagsMs.push(Date.now() - time);
}

/** Opens a stream; resolves at its first byte. */
function read(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let end = Buffer.alloc(0);
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('closed before its answer')));
    socket.once('data', (head: Buffer) => {
      if (!head.toString('latin1', 0, 15).startsWith('HTTP/1.1 200')) reject(new Error(head.toString()));
      totals.readers += 1;
      resolve();
    });
    socket.on('data', (chunk: Buffer) => {
      const isBefore = totals.events < expected;
      const cut = Buffer.concat([end, chunk.subarray(0, frameMark.length - 1)]); // a mark across two chunks
      totals.events += countMarks(chunk) + countMarks(cut);
      totals.bytes += chunk.length;
      end = Buffer.from(chunk.subarray(1 - frameMark.length));
      noteLag(chunk);
      if (isBefore && totals.events >= expected) process.stdout.write('reached\n');
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`);
  });
}

let input = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (text: string) => {
  const hadAll = input.includes('\n\n');
  input += text;
  if (hadAll || !input.includes('\n\n')) return;
  const begin = async () => {
    for (const path of input.trim().split('\n')) await read(path); // a burst would meet the cap on connections
    process.stdout.write('ready\n');
  };
  begin().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
process.stdin.on('end', () => {
  const sorted = lagsMs.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  const figures = { ...totals, lagMs: { p50: at(0.5), p99: at(0.99), max: at(1) } };
  process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0));
});
