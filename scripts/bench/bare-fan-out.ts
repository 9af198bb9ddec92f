/**
 * The least a Node server can do for a hundred readers: `node bare-fan-out.ts SOCKET EVENTS FRAME_BYTES`. Every request is a
 * stream; a line on stdin makes it write EVENTS prebuilt frames to each, 64 KiB at a time, waiting for a full socket.
 */
import { createServer, type ServerResponse } from 'node:http';

const [, , path = '', events = '0', frameBytes = '0'] = process.argv;
const chunkFrames = Math.max(1, Math.floor(65_536 / Number(frameBytes)));
const head = 'id: 1\nevent: x\ndata: ';
const frame = `${head}${'y'.repeat(Math.max(0, Number(frameBytes) - head.length - 2))}\n\n`;
const chunk = Buffer.from(frame.repeat(chunkFrames));
const readers: ServerResponse[] = [];

async function serve(out: ServerResponse): Promise<void> {
  for (let left = Number(events); left > 0; left -= chunkFrames) {
    const part = left >= chunkFrames ? chunk : chunk.subarray(0, left * frame.length);
    if (!out.write(part)) await new Promise((resolve) => out.once('drain', resolve));
  }
}

const server = createServer((_request, out) => {
  out.writeHead(200, { 'content-type': 'text/event-stream' });
  out.write(': hello\n\n');
  readers.push(out);
});
server.listen(path, () => process.stdout.write('listening\n'));
process.stdin.once('data', () => {
  for (const out of readers) void serve(out);
});
process.stdin.on('end', () => process.exit(0));
