/**
 * What `test/systemd/doctor.test.ts` runs inside the throw-away system, as TAP without any test library: an installed
 * service, an agent that only the shell can use, and what doctor says and mends. Its argument is the bundle's entry.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { hashComment, seal } from '../../src/service/seal.ts';
import { tapCases } from './tap-cases.ts';

const home = homedir();
const bin = join(home, 'bin');
const agents = join(home, 'agents');
const main = join(home, 'drover/main.js');
const canary = 'sk-canary-that-nobody-may-see';
mkdirSync(bin, { recursive: true });
mkdirSync(agents, { recursive: true });
cpSync(dirname(process.argv[2] ?? ''), dirname(main), { recursive: true });
copyFileSync(process.execPath, join(bin, 'node'));
const program = (path: string, script: string) =>
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
program(join(bin, 'drover'), `exec '${bin}/node' '${main}' "$@"`);
program(
  join(agents, 'claude'),
  `case "$1" in --version) echo "2.1.0 (Claude Code)";;
  auth) if [ -n "$ANTHROPIC_API_KEY" ]; then echo '{"loggedIn": true}'; else echo '{"loggedIn": false}'; exit 1; fi;; esac`,
);
const shell = { ...process.env, PATH: `${bin}:/usr/bin:/bin` };

function drover(args: string, env: NodeJS.ProcessEnv = shell) {
  const { status, stdout, stderr } = spawnSync(join(bin, 'drover'), args.split(' '), {
    encoding: 'utf8',
    timeout: 60_000,
    env,
    cwd: home,
  });
  return { code: status, stdout, stderr };
}

type Found = {
  readonly check: string;
  readonly severity: string;
  readonly title: string;
  readonly command: string;
};

function doctor(
  env: NodeJS.ProcessEnv = shell,
  options = '',
): { code: number | null; findings: Found[]; text: string } {
  const { code, stdout, stderr } = drover(`doctor --json${options}`, env);
  assert.notEqual(stdout, '', stderr);
  return { code, findings: JSON.parse(stdout).findings, text: stdout };
}

function expectFinding(
  { findings, text }: ReturnType<typeof doctor>,
  check: string,
  severity: string,
): Found {
  const found = findings.find((each) => each.check === check && each.severity === severity);
  assert.ok(found, `no ${severity} of ${check}: ${text}`);
  return found;
}

const unit = join(home, '.config/systemd/user/drover.service');

const cases: readonly { readonly name: string; readonly run: () => void }[] = [
  {
    name: 'a service as it was installed has no error',
    run: () => {
      const installed = drover('install-service --no-linger');
      assert.equal(installed.code, 0, installed.stderr);
      const report = doctor();
      assert.equal(report.code, 0, report.text);
      for (const check of [
        'node.unit',
        'unit.file',
        'unit.program',
        'unit.path',
        'unit.state',
        'daemon.answers',
      ])
        expectFinding(report, check, 'ok');
    },
  },
  {
    name: 'lingering that is off is mended',
    run: () => {
      expectFinding(doctor(), 'manager.linger', 'warning');
      const mended = doctor(shell, ' --fix');
      expectFinding(mended, 'manager.linger', 'ok');
      assert.ok(existsSync(`/var/lib/systemd/linger/${userInfo().username}`));
    },
  },
  {
    name: 'an agent that is only on the shell’s PATH is found to be missing, and the command mends it',
    run: () => {
      const wide = { ...shell, PATH: `${agents}:${shell.PATH}`, ANTHROPIC_API_KEY: canary };
      const found = expectFinding(doctor(wide), 'agents.claude', 'warning');
      assert.match(found.title, /on your PATH and not on that of the service/);
      assert.equal(found.command, 'drover install-service');
      assert.equal(drover('install-service', wide).code, 0);
      const after = expectFinding(doctor(wide), 'agents.claude', 'warning');
      assert.match(after.title, /signed in in your shell and not where the service runs it/);
    },
  },
  {
    name: 'a variable that only the shell has is named, its value is nowhere, and the command hands it over',
    run: () => {
      const wide = { ...shell, PATH: `${agents}:${shell.PATH}`, ANTHROPIC_API_KEY: canary };
      const report = doctor(wide);
      const { command } = expectFinding(report, 'agents.claude', 'warning');
      assert.doesNotMatch(report.text, new RegExp(canary));
      execFileSync('sh', ['-c', command], { env: wide, timeout: 60_000, stdio: 'ignore' });
      assert.match(expectFinding(doctor(wide), 'agents.claude', 'ok').title, /claude 2.1.0 is signed in/);
      for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
        let line = '';
        try {
          line = readFileSync(`/proc/${name}/cmdline`, 'latin1');
        } catch {
          continue; // it ended in this instant
        }
        assert.ok(!line.includes(canary), line);
      }
    },
  },
  {
    name: 'a unit that another version wrote is brought up to date, one that was edited is left alone',
    run: () => {
      const fresh = readFileSync(unit, 'utf8');
      const older = fresh
        .split('\n')
        .filter((line) => !line.startsWith('# ') || !/checksum|seal|sha256/i.test(line))
        .join('\n')
        .replace('TimeoutStopSec=', 'TimeoutStopSec=1');
      writeFileSync(unit, seal(older, hashComment));
      expectFinding(doctor(), 'unit.file', 'warning');
      expectFinding(doctor(shell, ' --fix'), 'unit.file', 'ok');
      const edited = `${readFileSync(unit, 'utf8')}# mine\n`;
      writeFileSync(unit, edited);
      expectFinding(doctor(shell, ' --fix'), 'unit.file', 'note');
      assert.equal(readFileSync(unit, 'utf8'), edited);
    },
  },
  {
    name: 'a Node.js that is gone is an error',
    run: () => {
      const text = readFileSync(unit, 'utf8').replaceAll(`${bin}/node`, `${bin}/node-of-yesterday`);
      writeFileSync(unit, text);
      const report = doctor();
      assert.equal(report.code, 1);
      expectFinding(report, 'node.unit', 'error');
    },
  },
  {
    name: 'asking does not start a daemon that waits for its first connection',
    run: () => {
      assert.equal(drover('install-service --replace --socket-activation').code, 0);
      execFileSync('systemctl', ['--user', 'stop', 'drover.service'], { stdio: 'ignore' });
      const report = doctor();
      expectFinding(report, 'daemon.answers', 'ok');
      const state = spawnSync('systemctl', ['--user', 'is-active', 'drover.service'], { encoding: 'utf8' });
      assert.equal(state.stdout.trim(), 'inactive');
      drover('uninstall-service');
    },
  },
];

await tapCases(cases);
drover('uninstall-service --force');
