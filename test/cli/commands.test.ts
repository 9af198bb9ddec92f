import t from 'tap';
import { beginStream, type FakeHandler, fakeDaemon, problem } from '../support/fake-daemon.ts';
import { anApproval, anEndedRun, anEvent, aRepo, aRun, aStatus } from '../support/resources.ts';
import { runCommand } from '../support/run-command.ts';

const run = aRun();

/** A daemon on which every run is the one run, which says hello and ends. */
const routes: Readonly<Record<string, FakeHandler | object>> = {
  'GET /v1/status': aStatus(),
  'GET /v1/repos': { items: [aRepo()], next_cursor: null },
  'POST /v1/repos': (_request, _response, reply) => reply(aRepo(), 201),
  'DELETE /v1/repos/shop': {
    status: 'removed',
    canceled_runs: [run.id],
    kept_worktrees: ['/state/worktrees/repo_1/run_1', '/state/worktrees/repo_1/run_2'],
    kept_plans: 0,
  },
  'PATCH /v1/repos/shop': (request, _response, reply) => reply(aRepo(request.body as object)),
  'POST /v1/runs': (_request, _response, reply) => reply(run, 201),
  'GET /v1/runs': { items: [run, anEndedRun()], next_cursor: 'more' },
  [`GET /v1/runs/${run.id}`]: anEndedRun(),
  'GET /v1/runs/nightly': anEndedRun({ name: 'nightly' }),
  [`DELETE /v1/runs/${run.id}`]: { status: 'canceled' },
  [`GET /v1/runs/${run.id}/logs`]: (_request, response) => response.end('raw \u001b[31mred\n'),
  [`GET /v1/runs/${run.id}/diff`]: (_request, response) => response.end('+one\r\n-two\n'),
  [`GET /v1/runs/${run.id}/events`]: (_request, response) => {
    const send = beginStream(response);
    send(anEvent(1, 'run.started', { pid: 7, launched_by: 'session' }));
    send(anEvent(2, 'message.delta', { text: 'hello ' }));
    send(anEvent(3, 'message.delta', { text: 'you\u001b]0;owned\u0007' }));
    send(anEvent(4, 'message.completed', { text: 'hello you' }));
    send(anEvent(5, 'run.finished', { status: 'succeeded' }));
    response.end();
  },
  'GET /v1/approvals': { items: [anApproval()], next_cursor: null },
  [`GET /v1/approvals/${anApproval().id}`]: anApproval(),
  [`POST /v1/approvals/${anApproval().id}`]: anApproval({ status: 'allowed', resolved_by: 'admin' }),
  'POST /v1/reload': { applied: ['run_timeout'], needs_restart: ['addr'], unchanged: false },
};

void t.test('each command calls its route and prints the answer', async (t) => {
  const daemon = await fakeDaemon(routes);
  t.teardown(daemon.close);
  const approval = anApproval().id;
  const cases: readonly [string, RegExp, string][] = [
    ['status', /running, pid 4242, up 2h 3m/, 'GET /v1/status'],
    ['daemon status', /REPO {2}RUNS/, 'GET /v1/status'],
    ['d repos', /^NAME {2}ID/, 'GET /v1/repos'],
    ['daemon add .', /^added shop: \/home\/me\/src\/shop/, 'POST /v1/repos'],
    ['daemon remove shop', /^removed shop; 1 run cancelled/, 'DELETE /v1/repos/shop'],
    ['daemon move shop /srv/shop', /^shop is at \/srv\/shop/, 'PATCH /v1/repos/shop'],
    ['daemon rename shop mall', /^renamed shop to mall/, 'PATCH /v1/repos/shop'],
    ['daemon trust shop', /^shop is trusted/, 'PATCH /v1/repos/shop'],
    ['daemon reload', /^applied: run_timeout\nneeds a restart: addr/, 'POST /v1/reload'],
    ['runs list', /^ID +STATUS/, 'GET /v1/runs'],
    ['runs show nightly', /^run: .*\nstatus: +succeeded/, 'GET /v1/runs/nightly'],
    [`runs cancel ${run.id}`, /canceled/, `DELETE /v1/runs/${run.id}`],
    [`runs logs ${run.id}`, /^raw/, `GET /v1/runs/${run.id}/logs`],
    [`runs diff ${run.id}`, /^\+one\r\n/, `GET /v1/runs/${run.id}/diff`],
    [`runs wait ${run.id}`, /succeeded/, `GET /v1/runs/${run.id}`],
    ['runs start hello', /^run_01JD/, 'POST /v1/runs'],
    ['--bg hello', /^run_01JD/, 'POST /v1/runs'],
    ['run hello', /^hello you/, `GET /v1/runs/${run.id}/events`],
    [`attach ${run.id}`, /^hello you/, `GET /v1/runs/${run.id}/events`],
    ['approvals', /Run git push \[shell\]/, 'GET /v1/approvals'],
    ['approvals list --status past', /Run git push/, 'GET /v1/approvals'],
    [`approvals show ${approval}`, /input:\n/, `GET /v1/approvals/${approval}`],
    [`approvals allow ${approval} --always`, /^allowed: Run git push/, `POST /v1/approvals/${approval}`],
    [`approvals deny ${approval}`, /Run git push/, `POST /v1/approvals/${approval}`],
    [`approvals answer ${approval} yes`, /Run git push/, `POST /v1/approvals/${approval}`],
  ];

  for (const [line, expected, route] of cases) {
    const before = daemon.requests.length;
    const said = await runCommand(line.split(' '), { env: daemon.env });

    t.equal(said.code, 0, `${line}: ${said.err}`);
    t.match(said.out, expected, line);
    const asked = daemon.requests.slice(before).map(({ method, path }) => `${method} ${path}`);
    t.ok(asked.includes(route), `${line} asks ${route}`);
  }
});

void t.test('--json prints what HTTP answers, on one line', async (t) => {
  const daemon = await fakeDaemon(routes);
  t.teardown(daemon.close);
  const say = (line: string) => runCommand([...line.split(' '), '--json'], { env: daemon.env });

  t.strictSame(JSON.parse((await say('status')).out), aStatus());
  t.strictSame(JSON.parse((await say('runs list')).out).next_cursor, 'more');
  t.strictSame(JSON.parse((await say('run --bg hello')).out), run);
  t.strictSame(JSON.parse((await say('run hello')).out), anEndedRun());
  const lines = (await say(`attach ${run.id}`)).out.trimEnd().split('\n');
  t.strictSame(
    lines.map((line) => JSON.parse(line).seq),
    [1, 2, 3, 4, 5],
  );
});

void t.test('options in front of the command mean the same', async (t) => {
  const daemon = await fakeDaemon(routes);
  t.teardown(daemon.close);
  const env = { HOME: daemon.folder, PATH: '' };

  const said = await runCommand(['--socket', daemon.socket, '--json', 'runs', 'list'], { env });

  t.equal(said.code, 0);
  t.equal(JSON.parse(said.out).items.length, 2);
});

void t.test('what an agent wrote is shown, never obeyed', async (t) => {
  const daemon = await fakeDaemon(routes);
  t.teardown(daemon.close);

  const followed = await runCommand(['run', 'hello'], { env: daemon.env });
  const logs = await runCommand(['runs', 'logs', run.id], {
    env: daemon.env,
    world: { isOutTerminal: true },
  });
  const piped = await runCommand(['runs', 'logs', run.id], { env: daemon.env });

  t.equal(followed.out, 'hello you\\e]0;owned\\x07\n');
  t.equal(logs.out, 'raw \\e[31mred\n');
  t.equal(piped.out, 'raw \u001b[31mred\n', 'a pipe gets the bytes');
});

void t.test('the request of a run holds what the options say', async (t) => {
  const daemon = await fakeDaemon(routes);
  t.teardown(daemon.close);
  const bodyOf = async (...argv: string[]) => {
    const said = await runCommand(argv, { env: daemon.env });
    t.equal(said.code, 0, said.err);
    return daemon.requests.findLast(({ path }) => path === '/v1/runs');
  };

  const full = await bodyOf(
    ...'run --bg fix it --repo shop --agent claude --model m --max-turns 3 --approval yolo'.split(' '),
    ...'--label l --name n --session s --base main --timeout 5m'.split(' '),
  );
  const command = await bodyOf('run', '--bg', '--in-place', '--', 'sh', '-c', 'exit 3', '--json');

  t.strictSame(full?.body, {
    prompt: 'fix it',
    agent: 'claude',
    model: 'm',
    max_turns: 3,
    approval_mode: 'yolo',
    run_label: 'l',
    name: 'n',
    session_id: 's',
    base: 'main',
    timeout: '5m',
    repo: 'shop',
  });
  t.match(full?.headers['idempotency-key'], /^[0-9a-f-]{36}$/);
  t.strictSame(command?.body, {
    command: ['sh', '-c', 'exit 3', '--json'],
    agent: 'command',
    worktree: false,
  });
});

void t.test('the repository of the folder is registered on first use and that is said', async (t) => {
  let isKnown = false;
  const daemon = await fakeDaemon({
    ...routes,
    'POST /v1/repos': (_request, _response, reply) => {
      if (isKnown) return reply(problem('repo_exists', 409, 'registered', { repo_id: aRepo().id }), 409);
      isKnown = true;
      reply(aRepo(), 201);
    },
  });
  t.teardown(daemon.close);
  const cwd = t.testdir({ '.git': {}, deep: { down: {} } });
  const start = () =>
    runCommand(['run', '--bg', 'x'], { env: daemon.env, world: { cwd: `${cwd}/deep/down` } });

  const first = await start();
  const second = await start();

  t.match(first.err, /^registered .* as shop/);
  t.equal(second.err, '');
  t.match(daemon.requests.find(({ path }) => path === '/v1/repos')?.body, { path: cwd });
  for (const request of daemon.requests.filter(({ path }) => path === '/v1/runs')) {
    t.match(request.body, { repo: aRepo().id });
  }
});
