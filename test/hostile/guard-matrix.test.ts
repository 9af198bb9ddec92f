import t from 'tap';
import { aliasRoutes, routes } from '../../src/contract/index.ts';
import { hostileShapes, requestBytes, type Target } from '../support/hostile-shapes.ts';
import { raw, startServer } from '../support/http-server.ts';

const holes = ['/hole', '/v1/hole'];
const known = [...Object.values(routes), ...aliasRoutes].map(({ method, path }) => ({
  method,
  path: path
    .replaceAll(/\{(run|worker)\}/g, 'run_a')
    .replaceAll('{repo}', 'demo')
    .replaceAll('{plan}', 'auth')
    .replaceAll('{signal}', '01JD')
    .replaceAll('{approval}', 'apr_1'),
}));
const targets = [
  ...known,
  ...holes.map((path) => ({ method: 'GET', path })),
  ...holes.map((path) => ({ method: 'POST', path })),
  { method: 'GET', path: '/nothing/here' },
  { method: 'PUT', path: '/v1/runs' },
  { method: 'HEAD', path: '/v1/status' },
];
const refusals = [400, 401, 403, 413, 415, 417, 431];

t.test('no hostile request reaches the router, on either transport', { timeout: 110_000 }, async (t) => {
  let entered = 0;
  const server = await startServer({
    extend: (app) => {
      for (const hole of holes) app.all(hole, (c) => c.text('reached'));
      const inner = app.fetch;
      app.fetch = (...request) => {
        entered += 1;
        return inner(...request);
      };
    },
  });
  t.teardown(() => server.close());
  server.services.addRun('run_a');
  let sent = 0;
  const leaks: string[] = [];
  const used = new Set<string>();
  const work: (() => Promise<void>)[] = [];

  for (const transport of ['socket', 'tcp'] as const) {
    const where = transport === 'socket' ? { socket: server.socket } : { port: server.port };
    const host = transport === 'socket' ? 'localhost' : `127.0.0.1:${server.port}`;
    for (const { method, path } of targets) {
      const target: Target = { transport, method, path, host };
      for (const shape of hostileShapes) {
        if (shape.when?.(target) === false) continue;
        used.add(`${transport} ${shape.name}`);
        work.push(async () => {
          const answer = await raw(where, shape.bytes(target));
          sent += 1;
          const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
          const isProblem = method === 'HEAD' || answer.includes('application/problem+json');
          const isOpen = /access-control-allow/i.test(answer);
          if (!refusals.includes(status) || !isProblem || isOpen) {
            leaks.push(`${transport} ${method} ${path} [${shape.name}] -> ${answer.slice(0, 60)}`);
          }
        });
      }
    }
  }
  await inParallel(work, 16);

  t.comment(`${sent} hostile requests: ${targets.length} targets, ${used.size} shapes over both transports`);
  t.strictSame(leaks.slice(0, 20), []);
  t.equal(entered, 0, 'requests that reached the router');
  t.strictSame(server.services.calls, [], 'service calls');
  t.ok(sent >= 4000, `${sent} requests`);
  t.ok(hostileShapes.filter((shape) => shape.when === undefined).length >= 40);

  const good: Target = { transport: 'socket', method: 'GET', path: '/hole', host: 'localhost' };
  t.match(await raw({ socket: server.socket }, requestBytes(good)), /reached/);
  t.equal(entered, 1, 'the same request, not hostile, does reach it');
});

async function inParallel(work: (() => Promise<void>)[], width: number): Promise<void> {
  const next = work.values();
  const worker = async () => {
    for (const job of next) await job();
  };
  await Promise.all(Array.from({ length: width }, worker));
}
