import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { sealState } from '../../src/service/seal.ts';
import { parseUnit } from '../../src/service/systemd/parse.ts';
import { renderUnits } from '../../src/service/systemd/render.ts';
import { splitWords } from '../../src/service/systemd/words.ts';
import { aSpec } from '../support/service.ts';

const serviceText = (changes: Parameters<typeof aSpec>[0] = {}) => renderUnits(aSpec(changes))[0]?.text ?? '';
const settings = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

t.test('a plain unit says all that the daemon needs and nothing of a socket', async (t) => {
  const text = serviceText();

  t.match(text, `\nExecStart=${process.execPath} /opt/drover/dist/main.js daemon start --foreground\n`);
  t.match(text, `\nExecReload=${process.execPath} /opt/drover/dist/main.js daemon reload\n`);
  t.match(text, '\nEnvironment=PATH=/usr/local/bin:/usr/bin:/bin\n');
  t.match(text, '\nEnvironment=DROVER_SERVICE=systemd:drover.service\n');
  t.match(text, '\nRestartPreventExitStatus=2 4 6\n');
  t.notMatch(text, /\.socket|\{\{/);
});

t.test('each setting has its reason right above it', async (t) => {
  const units = renderUnits(aSpec({ socketActivation: true, environment: { XDG_STATE_HOME: '/s' } }));
  t.equal(units.length, 2);

  for (const { text } of units) {
    const lines = text.split('\n');
    for (const [index, line] of lines.entries()) {
      if (!/^[A-Z]\w+=/.test(line) || line.startsWith('Description=')) continue;
      t.match(lines[index - 1] ?? '', /^#/, line);
    }
    t.notMatch(text, /#[^\n]*\n\n(?!\[)/, 'no reason without its setting');
  }
});

t.test('options, places and the profile are where the daemon finds them', async (t) => {
  const [service, socket] = renderUnits(
    aSpec({
      profile: 'work',
      args: ['--profile=work', '--config=/c/daemon.toml', '--addr=127.0.0.1:7777'],
      environment: { XDG_STATE_HOME: '/state', DROVER_CONFIG: '/c/other.toml' },
      socketActivation: true,
    }),
  );

  t.equal(service?.name, 'drover-work.service');
  t.equal(socket?.name, 'drover-work.socket');
  t.match(service?.text, ' --foreground --profile=work --config=/c/daemon.toml --addr=127.0.0.1:7777\n');
  t.match(service?.text, ' daemon reload --profile=work\n');
  t.match(service?.text, '\nEnvironment=XDG_STATE_HOME=/state\nEnvironment=DROVER_CONFIG=/c/other.toml\n');
  t.match(service?.text, '\nRequires=drover-work.socket\n');
  t.match(socket?.text, '\nListenStream=/run/user/1000/drover/drover.sock\n');
});

t.test('what is read back is what was written, whatever stands in it', async (t) => {
  const part = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 12 })
    .map((text) => text.replaceAll(/[\u0000-\u001f\u007f\ud800-\udfff]/g, '-'));
  const nasty = fc.constantFrom(
    '$HOME',
    '$' + '{x}',
    '$$',
    '%h',
    '%%',
    '"',
    "'",
    '\\',
    ' ',
    ';',
    'ü',
    '\u2028',
    '\u00a0',
    '#',
    '`',
  );
  const path = fc
    .array(fc.oneof(part, nasty), { minLength: 1, maxLength: 6 })
    .map((all) => `/${all.join('')}`);

  const seed = Date.now();
  t.comment(`seed ${seed}`);
  fc.assert(
    fc.property(path, path, path, path, (first, program, folder, state) => {
      const node = first.replaceAll(/["'\\]/g, '-');
      const spec = aSpec({
        node,
        program,
        args: [`--config=${state}`],
        path: folder,
        environment: { XDG_STATE_HOME: state },
      });
      const read = parseUnit(serviceText(spec));
      t.same(read, {
        node,
        program,
        args: spec.args,
        path: folder,
        environment: spec.environment,
        socketActivation: false,
      });
    }),
    { seed, numRuns: 300 },
  );
});

t.test('a path that no unit can carry is refused', async (t) => {
  for (const changes of [
    { node: '/a\nExecStartPre=/bin/evil' },
    { node: "/it's/node" },
    { node: '/a\\b/node' },
    { program: '/a\rb' },
    { path: '/a:/b\n/c' },
    { args: ['--config=/a\u0001'] },
    { environment: { XDG_STATE_HOME: '/a\n' } },
    { socket: '/a\nListenStream=0.0.0.0:80', socketActivation: true },
    { socket: '/a/ends-in\\', socketActivation: true },
    { socket: '/a/ends-in ', socketActivation: true },
  ])
    t.throws(() => renderUnits(aSpec(changes)), { code: 'usage' }, JSON.stringify(changes));
});

t.test('an edit shows, however small, and so does a file that drover never wrote', async (t) => {
  const text = serviceText();

  t.equal(sealState(text), 'intact');
  t.equal(sealState(text.replace('RestartSec=100ms', 'RestartSec=101ms')), 'edited');
  t.equal(sealState(`${text}\n`), 'edited');
  t.equal(sealState(`${text}Nice=5\n`), 'edited');
  t.equal(sealState(text.replaceAll('\n', '\r\n')), 'edited');
  t.equal(sealState('[Service]\nExecStart=/bin/true\n'), 'foreign');
  t.equal(sealState(''), 'foreign');
});

t.test('an edited unit is still understood', async (t) => {
  const edited = serviceText()
    .replace(' daemon start', ' \\\n  daemon start')
    .replace('RestartSec=100ms', 'RestartSec = 5\nNice=3');

  t.match(parseUnit(edited), { program: '/opt/drover/dist/main.js', path: '/usr/local/bin:/usr/bin:/bin' });
  t.equal(parseUnit('[Service]\nExecStart=/usr/bin/env drover daemon start --foreground\n'), null);
  t.equal(parseUnit(edited.replace('[Install]', 'ExecStart=/bin/true\n[Install]')), null);
  t.same(splitWords("a \"b c\" 'd\\'e' f%%g"), ['a', 'b c', "d'e", 'f%g']);
  t.equal(splitWords('"never closed'), null);
});

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
const skip = hasAnalyze ? false : 'needs systemd-analyze (apt-get install systemd)';
t.test(
  'systemd finds nothing wrong with what is rendered, whatever stands in the paths',
  { skip },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'units-')); // short: units of the system listen in it
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const hostile = join(folder, `a b%h$HOME\${x}"c'd\\e;ü#`);
    mkdirSync(hostile);
    const plain = join(folder, `a b%h$HOME\${x};ü#`);
    mkdirSync(plain);
    const node = join(plain, 'node');
    symlinkSync(process.execPath, node);
    const program = join(hostile, 'main.js');
    writeFileSync(program, '');
    chmodSync(program, 0o755);
    const env = { PATH: process.env.PATH ?? '', XDG_RUNTIME_DIR: folder, HOME: folder };

    for (const [name, changes] of [
      ['plain', {}],
      ['socket', { socketActivation: true }],
      ['hostile', { node, program, path: `${hostile}:/bin`, environment: { XDG_STATE_HOME: hostile } }],
      [
        'hostile-socket',
        { node, program, socket: `${hostile}/d.sock`, socketActivation: true, profile: 'work' },
      ],
    ] as const) {
      const units = join(folder, name);
      mkdirSync(units);
      const files = renderUnits(aSpec(changes)).map(({ name: unit, text }) => {
        writeFileSync(join(units, unit), text);
        return join(units, unit);
      });

      const { status, stderr } = spawnSync(
        'systemd-analyze',
        ['--user', 'verify', '--recursive-errors=yes', ...files],
        { env, encoding: 'utf8' },
      );

      t.equal(stderr, '', name);
      t.equal(status, 0, name);
      t.ok(files.every((file) => settings(file).length > 0));
    }

    const broken = join(folder, 'broken.service');
    writeFileSync(broken, serviceText().replace('KillMode=mixed', 'KillMode=sometimes'));
    const { status } = spawnSync('systemd-analyze', ['--user', 'verify', '--recursive-errors=yes', broken], {
      env,
    });
    t.not(status, 0, 'a bad value would have been found');
  },
);
