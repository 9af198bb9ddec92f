/**
 * Readers of event streams: `node readers.ts SOCKET`, one path per line of stdin, an empty line begins. Prints `ready`
 * when every stream has begun and, at the end of stdin, what was read. It only counts, so that it costs the machine little.
 */
import { connect } from 'node:net';

const frameMark = Buffer.from('\nevent: ');
const totals = { readers: 0, bytes: 0, events: 0 };

function countFrames(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(frameMark); at !== -1; at = chunk.indexOf(frameMark, at + 1)) count += 1;
  return count;
}

/** Opens a stream; resolves at its first byte. A mark that is cut by the end of a chunk is not counted: the figure is a floor. */
function read(socketPath: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('closed before its answer')));
    socket.once('data', (head: Buffer) => {
      if (!head.toString('latin1', 0, 15).startsWith('HTTP/1.1 200')) reject(new Error(head.toString()));
      totals.readers += 1;
      resolve();
    });
    socket.on('data', (chunk: Buffer) => {
      totals.bytes += chunk.length;
      totals.events += countFrames(chunk);
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
  const paths = input.trim().split('\n');
  const begin = async () => {
    for (const path of paths) await read(process.argv[2] ?? '', path); // a burst would meet the cap on connections
    process.stdout.write('ready\n');
  };
  begin().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
process.stdin.on('end', () => {
  process.stdout.write(`${JSON.stringify(totals)}\n`);
  process.exit(0);
});
