import { fileURLToPath } from 'node:url';
import t from 'tap';
import { runCommand } from '../../src/base/index.ts';
import type { Run } from '../../src/contract/index.ts';
import { startWorld, type World } from '../support/real-daemon.ts';

t.setTimeout(120_000);

const agent = fileURLToPath(new URL('../fixtures/acp-agent.ts', import.meta.url));
const craft = `[agents.craft]\nruntime = "acp"\ncommand = ["${process.execPath}", "${agent}"]\n`;

/** Runs one of the pages' own lines of shell, with curl sent to the socket. */
async function shell(world: World, line: string): Promise<{ code: number | null; out: string; err: string }> {
  const script = `curl() { command curl --silent --max-time 20 --unix-socket "$SOCKET" "$@"; }\n${line}`;
  const { code, stdout, stderr } = await runCommand('sh', ['-c', script], {
    env: { ...world.env, SOCKET: world.socket },
    timeoutMs: 60_000,
  });
  return { code, out: stdout.toString(), err: stderr.toString() };
}

const hasCurl = await runCommand('curl', ['--version'], {
  env: { PATH: process.env.PATH ?? '' },
  timeoutMs: 10_000,
}).then(
  ({ code }) => code === 0,
  () => false,
);
const needsCurl = hasCurl ? {} : { skip: 'needs curl' };

t.test('the examples of the page that calls an agent a profile run unchanged', needsCurl, async (t) => {
  const world = await startWorld(craft);
  t.teardown(world.close);

  const started = await shell(
    world,
    `curl -sS -X POST http://127.0.0.1:7433/runs \\
-H "Content-Type: application/json" \\
-d '{
"prompt": "summarize this repository",
"profile": "craft",
"model": "anthropic/claude-sonnet-4-6",
"max_turns": 20,
"approval_mode": "auto",
"run_label": "summary"
}'`,
  );
  const { run_id: id, ...rest } = JSON.parse(started.out);
  t.match(id, /^run_/);
  t.strictSame(rest, {}, '{"run_id"} alone');

  const events = await shell(world, `curl -N http://127.0.0.1:7433/runs/${id}/events`);
  const data = events.out.split('\n').filter((line) => line.startsWith('data: '));
  t.match(JSON.parse(data.at(-1)?.slice(6) ?? ''), { type: 'run.finished', data: { status: 'succeeded' } });
  const run = await world.show(id);
  t.match(run, {
    profile: 'craft',
    agent: 'craft',
    label: 'summary',
    max_turns: 20,
    result: 'anthropic/claude-sonnet-4-6 was asked: summarize this repository',
  });

  const list = JSON.parse((await shell(world, 'curl -sS http://127.0.0.1:7433/runs')).out) as Run[];
  t.match(list, [
    { id, status: 'succeeded', profile: 'craft', label: 'summary', prompt: String, started_at: String },
  ]);
  const one = JSON.parse((await shell(world, `curl -sS http://127.0.0.1:7433/runs/${id}`)).out);
  t.match(one, { id, status: 'succeeded' });

  const live = await world.start('sleep 60');
  const canceled = await shell(world, `curl -sS -X DELETE http://127.0.0.1:7433/runs/${live.id}`);
  t.strictSame(JSON.parse(canceled.out), { status: 'canceled' });
  for (const mode of ['', 'ask', 'auto', 'unrestricted', 'yolo']) {
    const body = { prompt: 'x', profile: 'craft', approval_mode: mode };
    t.equal((await world.http('POST', '/runs', { body })).status, 201, `approval_mode '${mode}'`);
  }
});

t.test('the examples of the page with /api/v1 run unchanged for what exists', needsCurl, async (t) => {
  const world = await startWorld(`default_agent = "craft"\n${craft}`);
  t.teardown(world.close);

  const status = JSON.parse((await shell(world, 'curl http://127.0.0.1:8080/api/v1/daemon/status')).out);
  t.match(status, { status: 'running', pid: Number, endpoint: `unix:${world.socket}`, startedAt: Number });

  const started = await shell(
    world,
    `curl -X POST http://127.0.0.1:9090/api/v1/runs \\
  -H "Content-Type: application/json" \\
  -d '{"prompt": "Review the code changes in this PR"}'`,
  );
  const { id } = JSON.parse(started.out).data;
  await world.reach(id, 'succeeded');
  const shown = JSON.parse((await shell(world, `curl http://127.0.0.1:9090/api/v1/runs/${id}`)).out);
  t.match(shown.data, { status: 'succeeded', result: /was asked: Review the code changes/ });
  const stream = await shell(world, `curl -N http://127.0.0.1:9090/api/v1/runs/${id}/stream`);
  t.match(stream.out, /event: run\.finished/);

  const live = await world.start('echo said; sleep 300', '--name', 'feature-login');
  await world.reach(live.id, 'running');
  const workers = JSON.parse((await shell(world, 'curl http://127.0.0.1:8080/api/v1/workers')).out);
  t.match(workers.data, [{ name: 'feature-login', pid: Number, kind: 'bg', mode: 'local', cwd: String }]);
  const [{ pid }] = workers.data;
  const asked = await shell(
    world,
    `curl -X POST http://127.0.0.1:8080/api/v1/daemon/start \\
  -H "Content-Type: application/json" \\
  -d '{"port": 9090}'`,
  );
  t.match(JSON.parse(asked.out), { status: 'running', pid: status.pid, startedAt: status.startedAt });
  const logs = await shell(
    world,
    `curl "http://127.0.0.1:8080/api/v1/workers/${pid}/logs?type=telemetry&tail=100"`,
  );
  const events = JSON.parse(logs.out)
    .data.content.trim()
    .split('\n')
    .map((line: string) => JSON.parse(line));
  t.match(events[0], { type: 'run.queued', run_id: live.id });
  const header = `curl -H "X-CodeBuddy-Request: 1"`;
  const of = (path: string) => shell(world, `${header} "http://127.0.0.1:8080/api/v1/${path}"`);
  t.match(JSON.parse((await of('workers/feature-login')).out).data, { pid, runId: live.id });
  t.strictSame(JSON.parse((await of('workers?kind=interactive')).out), { data: [] });
  t.match(JSON.parse((await of('metrics')).out).data, {
    cpuCount: Number,
    instances: [{ id: live.id, pid }],
  });
  const killed = await shell(world, `curl -X DELETE http://127.0.0.1:8080/api/v1/workers/${pid}`);
  t.match(JSON.parse(killed.out), { data: { status: 'canceled', run_id: live.id } });
  t.strictSame(JSON.parse((await of('workers')).out), { data: [] });

  const stopped = await shell(world, 'curl -X POST http://127.0.0.1:8080/api/v1/daemon/stop');
  t.match(JSON.parse(stopped.out), { data: { status: 'stopping' } });
});

t.test('the same on loopback without tokens, and with one header more', needsCurl, async (t) => {
  const world = await startWorld(`addr = "127.0.0.1:0"\n[auth]\nmode = "none"\n${craft}`);
  t.teardown(world.close);
  const { address } = await world.status();
  const direct = (line: string) => runCommand('sh', ['-c', line], { env: world.env, timeoutMs: 60_000 });

  const list = await direct(`curl -sS http://${address}/runs`);
  t.equal(list.stdout.toString().trim(), '[]');

  await world.drover('stop');
  world.configure('addr = "127.0.0.1:0"\n');
  await world.run(['daemon', 'start', '--http-admin-token', 'a-token-of-my-own-0123456789']);
  const again = (await world.status()).address;
  const refused = await direct(`curl -sS http://${again}/runs`);
  t.match(JSON.parse(refused.stdout.toString()), { status: 401, code: 'unauthorized' });
  const allowed = await direct(
    `curl -sS -H "Authorization: Bearer a-token-of-my-own-0123456789" http://${again}/runs`,
  );
  t.equal(allowed.stdout.toString().trim(), '[]');
});
