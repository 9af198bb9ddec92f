import t from 'tap';
import { foregroundOptions } from '../../src/cli/foreground.ts';
import type { RunDaemonOptions } from '../../src/cli/index.ts';
import { runCommand } from '../support/run-command.ts';

const env = { HOME: '/h', PATH: '', DROVER_CONFIG: '/etc/d.toml' };

const plain = [
  'serve',
  'daemon start --foreground',
  'd start --foreground --json',
  'daemon start --foreground --json --profile=work --socket=/run/s --state-root=/s --config=c.toml --addr=127.0.0.1:7',
  'daemon start --state-root /s --foreground --config ./c.toml',
  'serve --addr [::1]:7777 --profile work',
];

const unusual = [
  'status',
  'daemon start',
  'daemon stop --foreground',
  'daemon --foreground start',
  'serve --help',
  'serve extra',
  'serve --profile',
  'serve --profile=',
  'serve --profile A/B',
  'serve --profile --json',
  'serve --profile a --profile b',
  'serve --addr /run/s',
  'serve --port 7777',
  'serve --http-admin-token t',
  'serve --daemon 127.0.0.1:1',
  'serve --prof work',
];

void t.test('the short way gives the daemon what the full command would give it', async (t) => {
  for (const line of plain) {
    const seen: RunDaemonOptions[] = [];
    const runDaemon = async (options: RunDaemonOptions) => seen.push(options);
    const full = await runCommand(line.split(' '), { env, world: { runDaemon } });

    const short = foregroundOptions(line.split(' '), { env, cwd: '/h' });

    t.equal(full.err, '', line);
    t.strictSame(short, seen[0], line);
  }
});

void t.test('whatever is not plain is left to the full command', async (t) => {
  for (const line of unusual) t.equal(foregroundOptions(line.split(' '), { env, cwd: '/h' }), null, line);
});
