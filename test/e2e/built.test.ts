import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import t from 'tap';
import { runCommand as runProcess } from '../../src/base/index.ts';
import { bodyOf } from '../../src/cli/fast.ts';
import { version } from '../../src/contract/index.ts';
import { fakeDaemon } from '../support/fake-daemon.ts';
import { aStatus } from '../support/resources.ts';
import { runCommand } from '../support/run-command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = t.testdir({});

const run = async (argv: readonly string[], env: Record<string, string>) => {
  const { code, stdout, stderr } = await runProcess(process.execPath, [`${dist}/main.js`, ...argv], {
    env: { PATH: process.env.PATH ?? '', ...env },
    timeoutMs: 60_000,
  });
  return { code, out: stdout.toString(), err: stderr.toString() };
};

t.before(async () => {
  const built = await runProcess(process.execPath, [`${root}scripts/build.ts`, `--out=${dist}`], {
    env: { PATH: process.env.PATH ?? '' },
    timeoutMs: 60_000,
  });
  if (built.code !== 0) throw new Error(built.stderr.toString());
});

void t.test('the short way prints what the full command prints', async (t) => {
  const daemon = await fakeDaemon({ 'GET /v1/status': aStatus({ warnings: ['ä 漢\u001b'] }) });
  t.teardown(daemon.close);

  for (const line of ['status', 'd status', 'daemon status --json', 'status --json']) {
    const fast = await run(line.split(' '), daemon.env);
    const full = await runCommand(line.split(' '), { env: daemon.env });
    t.strictSame(fast, full, line);
  }
  t.equal(
    daemon.requests.filter(({ headers }) => headers.connection === 'close').length,
    4,
    'only the full ones',
  );
  t.equal((await run(['--version'], {})).out, `${version}\n`);
});

void t.test('what the short way cannot do is done and explained by the full command', async (t) => {
  const daemon = await fakeDaemon({
    'GET /v1/status': (_request, _response, reply) => reply({ code: 'unauthorized', detail: 'no' }, 401),
  });
  t.teardown(daemon.close);

  const refused = await run(['status'], daemon.env);
  const absent = await run(['status'], { HOME: '/nonexistent', DROVER_SOCKET: '/nonexistent/s' });
  const badName = await run(['status'], { HOME: '/nonexistent', DROVER_PROFILE: 'A/B' });

  t.equal(refused.code, 4);
  t.equal(absent.code, 3);
  t.equal(absent.out, 'daemon not running\n');
  t.equal(badName.code, 2);
});

void t.test('an answer that is cut, chunked or no 200 is left to the full command', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n';

  t.equal(bodyOf(`${head}\r\nabcd`), 'abcd');
  t.equal(bodyOf(`${head}\r\nabc`), null);
  t.equal(bodyOf(`${head}Transfer-Encoding: chunked\r\n\r\nabcd`), null);
  t.equal(bodyOf('HTTP/1.1 503 Busy\r\n\r\n{}'), null);
  t.equal(bodyOf(''), null);
});

void t.test('the short way loads neither parser, schemas nor an HTTP client', async (t) => {
  const text = readFileSync(`${dist}/main.js`, 'utf8');

  t.notMatch(text, /clipanion|typanion|\bZod|node:http|child_process/);
  t.ok(text.length < 20_000, `${text.length} bytes`);
  t.ok(existsSync(`${dist}/cli.mjs`));
});

void t.test('main.js is syntax that an old Node.js can read', async (t) => {
  const text = readFileSync(`${dist}/main.js`, 'utf8');

  const again = await build({
    stdin: { contents: text },
    write: false,
    target: 'es2018',
    logLevel: 'silent',
  });

  t.strictSame(again.warnings, []);
  t.notMatch(text, /\?\?|\?\.[a-z]/i);
});

void t.test('a reader that goes away is no error', async (t) => {
  const result = await runProcess(
    'sh',
    ['-c', `"${process.execPath}" "${dist}/main.js" --help | head -n 1`],
    {
      env: { PATH: process.env.PATH ?? '' },
      timeoutMs: 60_000,
    },
  );

  t.equal(result.stderr.toString(), '');
  t.equal(result.code, 0);
});
