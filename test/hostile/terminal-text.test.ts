/** Nothing that an agent wrote is obeyed by a terminal: every command, on a daemon whose every text is hostile. */
import t from 'tap';
import { catalogueOf } from '../../src/cli/catalogue.ts';
import { showError } from '../../src/cli/errors.ts';
import { formatLogLine } from '../../src/cli/print/log-line.ts';
import { createOutputText } from '../../src/cli/print/output.ts';
import { plainStyle } from '../../src/cli/print/style.ts';
import { createCli } from '../../src/cli/run-cli.ts';
import { AppError, eventData, routes } from '../../src/contract/index.ts';
import { beginStream, type FakeHandler, fakeDaemon } from '../support/fake-daemon.ts';
import { corpus, hostileSample, hostileText, obeyed, target } from '../support/hostile-samples.ts';
import { anEvent } from '../support/resources.ts';
import { runCommand } from '../support/run-command.ts';

/** Words of a list come in turns. */
const variants = [0, 1, 2];

/** Each command that shows what a daemon answers. */
const lines = [
  'status',
  'daemon repos',
  'daemon add .',
  'daemon remove target',
  'daemon move target .',
  'daemon rename target other',
  'daemon trust target',
  'daemon reload',
  'agents list',
  'runs list',
  'runs show target',
  'runs cancel target',
  'runs logs target',
  'runs logs target --type stdout -f',
  'logs target',
  'runs diff target',
  'runs apply target',
  'runs send target hello',
  'runs retry target',
  'runs wait target',
  'runs start hello',
  'run hello',
  'attach target',
  'ps',
  'kill target',
  'top --once',
  'usage',
  'plan create target --repo target --start',
  'plan list --repo target',
  'plan show target --repo target',
  'plan show target --repo target --content',
  'plan edit target --repo target --topic x',
  'plan start target --repo target',
  'plan advance target --repo target',
  'plan implement target --repo target',
  'plan decide target --repo target yes',
  'plan retry target --repo target',
  'plan cancel target --repo target',
  'plan reopen target --repo target',
  'plan done target --repo target',
  'plan start-over target --repo target',
  'plan reimplement target --repo target',
  'plan request-review target --repo target',
  'signal list --repo target',
  'signal retry target --repo target',
  'signal needs-decision target --repo target',
  'worktrees list',
  'worktrees prune --dry-run',
  'worktrees remove target',
  'worktrees restore target',
  'approvals list',
  'approvals show target',
  'approvals allow target',
  'approvals deny target',
  'approvals answer target yes',
];
/** These show nothing that came from an agent. */
const others = [
  'daemon start',
  'daemon stop',
  'daemon restart',
  'daemon status',
  'install-service',
  'uninstall-service',
  'service-unit',
  'list-profiles',
  'doctor',
  'serve',
  'completion',
  '--help',
  '--version',
];

/** What stands before the first thing that would be obeyed, to find its place by. */
function around(text: string): string {
  const at = obeyed.exec(text)?.index ?? 0;
  return JSON.stringify(text.slice(Math.max(0, at - 80), at));
}

/** Every route with its parameters filled in. */
function hostileRoutes(variant: number): Readonly<Record<string, FakeHandler | object>> {
  const handlers: Record<string, FakeHandler> = {};
  for (const route of Object.values(routes)) {
    const path = route.path.replaceAll(/\{\w+\}/g, target);
    handlers[`${route.method} ${path}`] = (_request, response, reply) => {
      if (route.response === 'text/event-stream') return streamAll(response, variant);
      if (route.response !== 'text/plain') return reply(hostileSample(route.response, variant), route.status);
      response.setHeader('drover-next-offset', '0');
      response.end(`\u009b\u0080 ${hostileText}\n`);
    };
  }
  return handlers;
}

function streamAll(response: Parameters<FakeHandler>[1], variant: number): void {
  const send = beginStream(response);
  for (const [index, [type, data]] of Object.entries(eventData).entries())
    send(anEvent(index + 1, type, hostileSample(data, variant) as Record<string, unknown>));
  response.end();
}

for (const variant of variants) {
  void t.test(`a terminal obeys nothing of what any command shows (${variant})`, async (t) => {
    const daemon = await fakeDaemon(hostileRoutes(variant));
    t.teardown(daemon.close);
    const world = { isOutTerminal: true, isErrTerminal: true };
    let shown = 0;

    for (const line of lines) {
      for (const more of [[], ['--json']]) {
        const said = await runCommand([...line.split(' '), ...more], {
          env: { ...daemon.env, NO_COLOR: '1' },
          world,
        });
        const text = said.out + said.err;
        t.equal(obeyed.exec(text)?.index, undefined, `${[line, ...more].join(' ')}: ${around(text)}`);
        if (/2J|cm0gLXJmIH4/.test(text)) shown += 1;
      }
    }
    t.ok(shown > lines.length, `${shown} of them had something to show`);
  });
}

void t.test('every command is among those', async (t) => {
  const known = [...lines, ...others];
  for (const { path } of catalogueOf(createCli())) {
    const words = path.join(' ');
    t.ok(
      known.some((line) => line === words || line.startsWith(`${words} `)),
      `drover ${words}`,
    );
  }
});

void t.test('with --raw a terminal gets it as it is', async (t) => {
  const daemon = await fakeDaemon(hostileRoutes(0));
  t.teardown(daemon.close);
  for (const line of ['runs logs target --raw', 'runs diff target --raw', 'attach target --raw']) {
    const said = await runCommand(line.split(' '), {
      env: { ...daemon.env, NO_COLOR: '1' },
      world: { isOutTerminal: true, isErrTerminal: true },
    });
    t.match(said.out, '\u001b]52;c;cm0gLXJmIH4=\u0007', line);
  }
});

void t.test('errors and lines of the log are shown as well', async (t) => {
  const error = new AppError('internal', hostileText, {
    hint: hostileText,
    fields: { errors: [{ path: hostileText, message: hostileText }], error_id: hostileText },
    cause: new Error(hostileText),
  });
  for (const json of [true, false]) t.notMatch(showError(error, { json, style: plainStyle }).text, obeyed);
  const entry = { level: 40, time: 0, msg: hostileText, [hostileText]: hostileText };
  for (const line of [JSON.stringify(entry), hostileText])
    t.notMatch(formatLogLine(line, plainStyle), obeyed);
});

void t.test('output in any pieces is the same text, in which nothing is obeyed', async (t) => {
  const bytes = Buffer.from(`größe 🚀\r\n${hostileText}\r\r\nend\r`);
  const whole = createOutputText();
  const expected = whole.write(bytes) + whole.end();

  t.notMatch(expected, obeyed);
  t.ok(expected.startsWith('größe 🚀\n<'), 'the end of a line of a terminal is one');
  t.ok(expected.endsWith('>\nend\\r'), 'any other carriage return is shown');
  for (let size = 1; size <= 7; size += 1) {
    const text = createOutputText();
    let joined = '';
    for (let at = 0; at < bytes.length; at += size) joined += text.write(bytes.subarray(at, at + size));
    t.equal(joined + text.end(), expected, `${size} bytes at once`);
  }
});

void t.test('the corpus is what it says', async (t) => {
  for (const [kind, text] of Object.entries(corpus)) t.match(text, obeyed, kind);
});
