import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { runCommand as runProcess } from '../../src/base/index.ts';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = t.testdir({});
const state = mkdtempSync(join(tmpdir(), 'drover-built-'));
const socket = join(state, 's');
const env = { PATH: process.env.PATH ?? '', HOME: state };
const start = ['daemon', 'start', '--foreground', '--state-root', state, '--socket', socket];

t.before(async () => {
  const built = await runProcess(process.execPath, [`${root}scripts/build.ts`, `--out=${dist}`], {
    env: { PATH: process.env.PATH ?? '' },
    timeoutMs: 60_000,
  });
  if (built.code !== 0) throw new Error(built.stderr.toString());
});
t.after(() => rmSync(state, { recursive: true, force: true }));

function ask(method: string, path: string): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath: socket, method, path, headers: { host: 'localhost' } }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', body }),
      );
    });
    asking.once('error', reject);
    asking.end();
  });
}

void t.test('the built daemon serves by the short way and says why by the long one', async (t) => {
  const child = spawn(process.execPath, [`${dist}/main.js`, ...start], { env, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  t.teardown(() => child.kill('SIGKILL'));
  await until('the daemon', async () => (await ask('GET', '/readyz').catch(() => null))?.status === 200);

  const health = await ask('GET', '/healthz');
  const head = await ask('HEAD', '/healthz');
  const events = await ask('GET', '/v1/events?follow=false&after=0');
  const metrics = await ask('GET', '/metrics');
  const lost = await ask('GET', '/nowhere');
  const again = await runProcess(process.execPath, [`${dist}/main.js`, ...start], {
    env,
    timeoutMs: 60_000,
  });
  const byFull = await runProcess(process.execPath, [`${dist}/main.js`, ...start, '--json', '--port=1'], {
    env,
    timeoutMs: 60_000,
  });

  t.strictSame([health.status, health.body], [200, '{"status":"ok"}\n']);
  t.strictSame([head.status, head.body], [200, '']);
  t.match(head.type, 'application/json');
  t.match(events.type, 'text/event-stream');
  t.match(events.body, 'daemon.started');
  t.match(metrics.body, 'drover_');
  t.equal(lost.status, 404);
  t.equal(again.code, 6, 'an error crosses from the daemon’s bundle to that of the commands');
  t.match(again.stderr.toString(), /^error: .*\nhint: /);
  t.equal(byFull.code, 6);
  t.equal(JSON.parse(byFull.stderr.toString()).code, 'already_running');
  child.kill('SIGTERM');
  t.equal(await ended, 0);
});
