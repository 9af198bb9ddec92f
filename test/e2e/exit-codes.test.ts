import t from 'tap';
import { errorCodeNames, errorCodes } from '../../src/contract/index.ts';
import { beginStream, fakeDaemon, problem } from '../support/fake-daemon.ts';
import { anEndedRun, anEvent, aRun, aStatus } from '../support/resources.ts';
import { runCommand } from '../support/run-command.ts';
import { until } from '../support/until.ts';

const run = aRun();
const nowhere = { HOME: '/nonexistent', DROVER_SOCKET: '/nonexistent/drover.sock' };

void t.test('a wrong call is 2 and says what was probably meant', async (t) => {
  const cases: readonly [string, RegExp][] = [
    ['daemno status', /There is no command 'daemno'\nhint: did you mean: drover daemon status/],
    ['runs lst', /There is no command 'runs lst'\nhint: did you mean: drover runs list/],
    ['frobnicate', /There is no command 'frobnicate'\nhint: list the commands/],
    ['sessions list', /There is no command 'sessions'/],
    ['plan list', /in no git repository/],
    ['runs list --lmit 3', /has no option --lmit\nhint: did you mean --limit\?/],
    ['runs list --limit x', /--limit cannot be 'x'/],
    ['runs show', /Not enough positional arguments/],
    ['run', /A run needs a prompt/],
    ['run --', /Nothing stands after --/],
    ['run x --approval never', /use one of: ask, auto, unrestricted, yolo/],
    ['run x --in-place --worktree', /exclude each other/],
    ['run x --timeout soon', /'soon' is not a duration/],
    ['runs logs x --type nothing', /use one of: process, stdout/],
    ['--profile ../x status', /cannot be the name of a profile/],
    ['--daemon box status', /is not an address/],
    ['completion tcsh', /use one of: bash, zsh, fish/],
    ['daemon start --host 127.0.0.1', /--host needs a --port/],
    ['daemon start --addr a:1 --bind b:2', /Two addresses/],
  ];

  for (const [line, expected] of cases) {
    const said = await runCommand(line.split(' '), { env: nowhere });

    t.equal(said.code, 2, line);
    t.equal(said.out, '', `${line}: nothing on stdout`);
    t.match(said.err, expected, line);
  }
});

void t.test('without a daemon status says so, exits 3 and starts none', async (t) => {
  const status = await runCommand(['status'], { env: nowhere });
  const json = await runCommand(['status', '--json'], { env: nowhere });
  const list = await runCommand(['runs', 'list'], { env: nowhere });

  t.equal(status.code, 3);
  t.equal(status.out, 'daemon not running\n');
  t.strictSame(JSON.parse(json.out), { running: false });
  t.equal(list.code, 3);
  t.match(list.err, /error: daemon not running\nhint: start it with: drover daemon start/);
});

void t.test('every error code of the daemon gives its exit code', async (t) => {
  let code: keyof typeof errorCodes = 'internal';
  const daemon = await fakeDaemon({
    'GET /v1/runs': (_request, _response, reply) =>
      reply(problem(code, errorCodes[code].status, `it is \u001b[31m${code}`), errorCodes[code].status),
  });
  t.teardown(daemon.close);

  for (code of errorCodeNames) {
    const said = await runCommand(['runs', 'list'], { env: daemon.env });
    t.equal(said.code, errorCodes[code].exit, code);
    t.match(said.err, `error: it is \\e[31m${code}`);
  }
});

void t.test('with --json an error is a problem document on stderr', async (t) => {
  const said = await runCommand(['runs', 'list', '--json'], { env: nowhere });

  t.equal(said.out, '');
  t.match(JSON.parse(said.err), { code: 'daemon_not_running', status: 503 });
});

void t.test('the exit code of a followed run tells how it ended', async (t) => {
  for (const [status, exit] of [
    ['succeeded', 0],
    ['failed', 1],
    ['canceled', 1],
    ['interrupted', 1],
  ] as const) {
    const daemon = await fakeDaemon({
      'GET /v1/status': aStatus(),
      'POST /v1/runs': (_request, _response, reply) => reply(run, 201),
      [`GET /v1/runs/${run.id}`]: anEndedRun({ status, exit_code: 3 }),
      [`GET /v1/runs/${run.id}/events`]: (_request, response) => {
        beginStream(response)(anEvent(1, 'run.finished', { status }));
        response.end();
      },
    });
    t.teardown(daemon.close);

    const followed = await runCommand(['run', 'x'], { env: daemon.env });
    const waited = await runCommand(['runs', 'wait', run.id], { env: daemon.env });

    t.equal(followed.code, exit, `run: ${status}`);
    t.match(followed.err, status);
    t.equal(waited.code, exit, `wait: ${status}`);
  }
});

/** A daemon whose run waits for a person and never ends. */
const waitingDaemon = () =>
  fakeDaemon({
    'GET /v1/status': aStatus(),
    'POST /v1/runs': (_request, _response, reply) => reply(run, 201),
    [`GET /v1/runs/${run.id}`]: aRun({ status: 'waiting', waiting_on: 'apr_1' }),
    [`DELETE /v1/runs/${run.id}`]: { status: 'canceled' },
    [`GET /v1/runs/${run.id}/events`]: (_request, response) => {
      beginStream(response)(anEvent(1, 'run.waiting', { waiting_on: 'apr_1' }));
    },
  });

void t.test('a run that waits for a person is 8 where nobody sits at the terminal', async (t) => {
  const daemon = await waitingDaemon();
  t.teardown(daemon.close);

  const followed = await runCommand(['run', 'x'], { env: daemon.env });
  const waited = await runCommand(['runs', 'wait', run.id], { env: daemon.env });
  const patient = await runCommand(['runs', 'wait', run.id, '--wait-approval', '--timeout', '100ms'], {
    env: daemon.env,
  });

  t.equal(followed.code, 8);
  t.match(followed.err, /waits for a person: drover approvals/);
  t.equal(waited.code, 8);
  t.equal(patient.code, 7, 'the time ran out first');
});

void t.test('Ctrl-C lets go of the run, a second one cancels it', async (t) => {
  const daemon = await waitingDaemon();
  t.teardown(daemon.close);
  const withInterrupts = async (count: number) => {
    const listeners = new Set<() => void>();
    const onInterrupt = (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
    const before = daemon.requests.length;
    const running = runCommand(['run', 'x'], {
      env: daemon.env,
      world: { isInteractive: true, onInterrupt },
    });
    await until('the stream', () =>
      daemon.requests.slice(before).some(({ path }) => path.endsWith('/events')),
    );
    for (let index = 0; index < count; index++) for (const listener of listeners) listener();
    const said = await running;
    t.equal(listeners.size, 0, 'Ctrl-C is given back');
    return { said, cancelled: daemon.requests.slice(before).some(({ method }) => method === 'DELETE') };
  };

  const once = await withInterrupts(1);
  const twice = await withInterrupts(2);

  t.equal(once.said.code, 0);
  t.match(once.said.err, `detached from ${run.id}`);
  t.equal(once.cancelled, false);
  t.equal(twice.said.code, 1);
  t.equal(twice.cancelled, true);
});
