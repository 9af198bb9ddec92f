import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import t from 'tap';
import { limitsFor } from '../../src/http/index.ts';
import { call, open } from '../support/http-server.ts';
import { until } from '../support/until.ts';

const maxFiles = 64;
const clientCount = 100;

t.test(
  'with 64 descriptors and 100 idle clients the daemon still answers',
  { timeout: 60_000 },
  async (t) => {
    const { child, socket, port } = await startChild();
    const clients: Socket[] = [];
    const leave = () => {
      for (const client of clients) client.destroy();
      child.stdin?.end();
    };
    t.teardown(leave);
    const connectMany = async (say: string) => {
      for (let index = 0; index < clientCount; index += 1) {
        const client = open(index % 2 === 0 ? { socket } : { port });
        client.on('error', () => {}); // it was closed in favour of another
        client.resume();
        clients.push(client);
        await new Promise((resolve) => client.once('connect', resolve));
        if (say !== '') client.write(say);
      }
    };
    const isHealthy = async () => {
      const began = performance.now();
      for (const where of [{ socket }, { port }]) t.equal((await call(where, 'GET', '/healthz')).status, 200);
      return performance.now() - began;
    };

    await connectMany('');
    t.comment(`silent clients: /healthz twice in ${(await isHealthy()).toFixed(1)} ms`);
    await connectMany('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    t.comment(`keep-alive clients: /healthz twice in ${(await isHealthy()).toFixed(1)} ms`);
    await connectMany('POST /v1/runs HTTP/1.1\r\nHost: lo');
    t.comment(`half-sent requests: /healthz twice in ${(await isHealthy()).toFixed(1)} ms`);
    const files = readdirSync(`/proc/${child.pid}/fd`).length;
    t.ok(files < maxFiles, `${files} descriptors in use`);

    const answers: string[] = [];
    for (let index = 0; index < limitsFor(maxFiles).maxStreams + 4; index += 1) {
      const stream = open({ socket });
      clients.push(stream);
      stream.on('error', () => {}); // its answer is looked at below
      stream.once('data', (chunk: Buffer) => answers.push(chunk.toString('latin1')));
      stream.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await until('an answer', () => answers.length > index);
    }
    t.equal(
      answers.filter((answer) => answer.startsWith('HTTP/1.1 200')).length,
      limitsFor(maxFiles).maxStreams,
    );
    t.equal(
      answers.filter((answer) => answer.startsWith('HTTP/1.1 503') && answer.includes('"busy"')).length,
      4,
    );
    t.comment(`all streams taken: /healthz twice in ${(await isHealthy()).toFixed(1)} ms`);

    const start = { headers: { 'content-type': 'application/json' }, body: '{"prompt":"x"}' };
    t.equal((await call({ socket }, 'POST', '/v1/runs', start)).status, 201, 'work goes on');
    leave();
    await until('its end', () => child.exitCode !== null || child.signalCode !== null);
    t.equal(child.exitCode, 0, 'the daemon ends by itself');
  },
);

async function startChild(): Promise<{ child: ChildProcess; socket: string; port: number }> {
  const script = new URL('../support/serve-child.ts', import.meta.url).pathname;
  const command = `ulimit -n ${maxFiles}; exec "$0" "$1"`;
  const child = spawn('sh', ['-c', command, process.execPath, script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH ?? '' },
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await until('its addresses', () => text.includes('\n') || child.exitCode !== null);
  return { child, ...(JSON.parse(text) as { socket: string; port: number }) };
}
