import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runCommand } from '../../src/base/index.ts';
import { type DoctorWorld, diagnose } from '../../src/doctor/index.ts';
import { renderService } from '../../src/service/index.ts';
import { expectFinding, findingsOf, makeDoctorWorld, type TestedWorld } from '../support/doctor-world.ts';
import { runCommand as runCli } from '../support/run-command.ts';

const canary = 'sk-canary-that-nobody-may-see';

/** A unit whose PATH is `path`, as this version writes it. No manager answers, so its variables alone count. */
function installUnit({ world, home, stateRoot }: TestedWorld, path: string, node = process.execPath): string {
  const [file] = renderService(
    'systemd',
    {
      ...{
        profile: 'default',
        node,
        program: join(home, 'main.js'),
        args: [],
        path,
        user: world.machine.user,
      },
      ...{ home: world.machine.home, environment: { HOME: home }, stateRoot },
      ...{
        socket: join(home, 'run/drover/drover.sock'),
        logs: join(stateRoot, 'logs'),
        socketActivation: false,
      },
    },
    world.machine,
  );
  if (file === undefined) throw new Error('no unit');
  mkdirSync(join(file.path, '..'), { recursive: true });
  writeFileSync(file.path, file.text);
  writeFileSync(join(home, 'main.js'), 'console.log("0.1.0")\n');
  return file.path;
}

function withShell({ world }: TestedWorld, variables: Readonly<Record<string, string>>): DoctorWorld {
  const env = { ...world.machine.env, ...variables };
  return { ...world, machine: { ...world.machine, env } };
}

const claude = `case "$1" in --version) echo "2.1.0 (Claude Code)";; auth)
  if [ -n "$ANTHROPIC_API_KEY" ]; then echo '{"loggedIn": true}'; else echo '{"loggedIn": false}'; exit 1; fi;; esac`;

t.test('an agent that only the shell’s PATH has is told with its folder', async (t) => {
  const tested = makeDoctorWorld(t);
  const file = tested.program('bin', 'claude', claude);
  installUnit(tested, '/usr/bin:/bin');

  const found = await expectFinding(t, tested.world, [
    'agents.claude',
    'warning',
    /not on that of the service/,
  ]);

  t.ok(found.title.includes(file));
  t.match(found.detail, join(tested.home, 'bin'));
  t.equal(found.command, 'drover install-service');
  await expectFinding(t, tested.world, ['agents.found', 'error', /No agent works/]);
});

t.test('the default agent missing from the service is an error', async (t) => {
  const tested = makeDoctorWorld(t);
  tested.program('bin', 'claude', claude);
  installUnit(tested, '/usr/bin:/bin');
  mkdirSync(join(tested.config, '..'), { recursive: true });
  writeFileSync(tested.config, 'default_agent = "claude"\n');

  await expectFinding(t, tested.world, ['agents.claude', 'error', /not on that of the service/]);
});

t.test('an agent whose interpreter the service lacks is told by its name', async (t) => {
  const tested = makeDoctorWorld(t);
  const file = tested.program('agents', 'codex', '');
  writeFileSync(file, '#!/usr/bin/env interpreter-of-codex\n');
  tested.program('bin', 'interpreter-of-codex', 'echo codex-cli 0.169.0');
  installUnit(tested, `${join(tested.home, 'agents')}:/usr/bin:/bin`);
  const world = withShell(tested, {
    PATH: `${join(tested.home, 'agents')}:${tested.world.machine.env.PATH}`,
  });

  const found = await expectFinding(t, world, ['agents.codex', 'warning', /needs interpreter-of-codex/]);

  t.match(found.detail, 'In your shell it works');
});

t.test('signed in here and not there: the variable is named, its value never', async (t) => {
  const tested = makeDoctorWorld(t);
  tested.program('bin', 'claude', claude);
  installUnit(tested, `${join(tested.home, 'bin')}:/usr/bin:/bin`);
  const world = withShell(tested, {
    ANTHROPIC_API_KEY: canary,
    ANTHROPIC_LOG: 'x',
    HTTPS_PROXY: `http://u:${canary}@p`,
  });

  const findings = await diagnose(world);
  const found = findings.find(({ check }) => check === 'agents.claude');

  t.equal(found?.severity, 'warning');
  t.match(found?.detail, /ANTHROPIC_API_KEY is set in your shell and missing there/);
  t.match(found?.command, /environment\.d.*drover daemon restart/);
  t.ok(findings.some(({ check, title }) => check === 'agents.network' && title.startsWith('HTTPS_PROXY')));
  t.notMatch(JSON.stringify(findings), canary);
});

t.test('each agent is understood, signed in and signed out', async (t) => {
  const cases = [
    ['codex', 'echo "Logged in using an API key - sk-canary***nary"', 'ok', /codex 1.2.3 is signed in/],
    ['codex', 'echo "Not logged in" >&2; exit 1', 'note', /nobody is signed in/],
    ['opencode', 'printf "└  0 credentials\\n"', 'note', /nobody is signed in/],
    ['opencode', 'printf "└  0 credentials\\n└  1 environment variable\\n"', 'ok', /is signed in/],
    ['claude', 'echo "{\\"loggedIn\\": true}"', 'ok', /claude 1.2.3 is signed in/],
    ['claude', 'echo gibberish; exit 3', 'ok', /it does not say/],
    ['cursor', 'echo "Not logged in"', 'note', /nobody is signed in/],
    ['goose', 'echo hello', 'ok', /goose 1.2.3 is there; whether somebody is signed in it does not say/],
  ] as const;
  for (const [name, script, severity, title] of cases) {
    const tested = makeDoctorWorld(t);
    const program = name === 'cursor' ? 'cursor-agent' : name;
    tested.program('bin', program, `[ "$1" = --version ] && { echo 1.2.3; exit; }; ${script}`);
    const found = await expectFinding(t, tested.world, [`agents.${name}`, severity, title]);
    t.notMatch(JSON.stringify(found), /canary/);
  }
});

t.test('an agent that never answers or floods does not hold the others', async (t) => {
  const tested = makeDoctorWorld(t, {
    execute: (file, args, options) =>
      runCommand(file, args, { ...options, timeoutMs: 300, maxOutputBytes: 1e5 }),
  });
  tested.program('bin', 'gemini', 'sleep 60');
  tested.program('bin', 'codex', 'yes');
  tested.program('bin', 'claude', 'echo 1.0.0');

  const findings = await diagnose(tested.world);

  t.ok(findings.some(({ check, severity }) => check === 'agents.gemini' && severity === 'warning'));
  t.ok(findings.some(({ check, title }) => check === 'agents.claude' && title.startsWith('claude 1.0.0')));
});

t.test('the unit: current, stale, edited, its Node gone, its program gone, folders gone', async (t) => {
  const tested = makeDoctorWorld(t);
  const unit = installUnit(tested, '/usr/bin:/bin:/gone/one');

  await expectFinding(t, tested.world, ['unit.file', 'ok', /as this version writes it/]);
  await expectFinding(t, tested.world, ['unit.program', 'ok', /0\.1\.0/]);
  await expectFinding(t, tested.world, ['unit.path', 'warning', /\/gone\/one/]);
  await expectFinding(t, tested.world, ['unit.state', 'error', /no service manager answers/]);

  writeFileSync(join(tested.home, 'main.js'), 'console.log("0.0.9")\n');
  await expectFinding(t, tested.world, ['unit.program', 'warning', /0\.0\.9/]);
  const { readFileSync, rmSync } = await import('node:fs');
  rmSync(join(tested.home, 'main.js'));
  await expectFinding(t, tested.world, ['unit.program', 'error', /is gone/]);

  installUnit(tested, '/usr/bin:/bin', join(tested.home, 'old-node'));
  const gone = await expectFinding(t, tested.world, ['node.unit', 'error', /is gone/]);
  t.equal(gone.command, 'drover install-service');
  const node = tested.program('.', 'old-node', `echo v18.1.0; echo ${join(tested.home, 'old-node')}`);
  chmodSync(node, 0o755);
  await expectFinding(t, tested.world, ['node.unit', 'error', /v18.1.0/]);

  writeFileSync(unit, `${readFileSync(unit, 'utf8')}# mine\n`);
  const edited = await expectFinding(t, tested.world, ['unit.file', 'note', /edited by hand/]);
  t.equal(edited.fix, null);
});

t.test('what brings a unit up to date keeps its options', async (t) => {
  const tested = makeDoctorWorld(t);
  const unit = installUnit(tested, '/usr/bin:/bin', join(tested.home, 'old-node'));
  const { readFileSync } = await import('node:fs');
  const text = readFileSync(unit, 'utf8')
    .replace('--foreground', '--foreground --addr=127.0.0.1:7717 "--config=/etc/a b.toml"')
    .replace('[Unit]', '[Unit]\nRequires=drover.socket');
  writeFileSync(unit, text);

  const gone = await expectFinding(t, tested.world, ['node.unit', 'error', /is gone/]);
  t.equal(
    gone.command,
    "drover install-service --addr=127.0.0.1:7717 '--config=/etc/a b.toml' --socket-activation",
  );
});

t.test('the command: text, JSON, exit codes, commands that name the same daemon', async (t) => {
  const tested = makeDoctorWorld(t);
  const env = { HOME: tested.home, XDG_RUNTIME_DIR: join(tested.home, 'run'), PATH: '/usr/bin:/bin' };
  mkdirSync(join(tested.config, '..'), { recursive: true });
  writeFileSync(tested.config, 'nonsense = 1\n');

  const text = await runCli(['doctor'], { env });
  const json = await runCli(['doctor', '--json', '--profile', 'work'], { env });
  const remote = await runCli(['doctor', '--daemon', 'localhost:1'], { env });

  t.equal(text.code, 1);
  t.match(text.out, /^Configuration\n {2}error {4}/m);
  t.match(text.out, /\n1 error, /);
  t.equal(json.code, 0, json.err);
  const report = JSON.parse(json.out);
  t.equal(report.ok, true);
  t.match(
    report.findings.find(({ check }: { check: string }) => check === 'daemon.answers').command,
    'drover daemon start --profile=work',
  );
  t.equal(remote.code, 2);

  writeFileSync(tested.config, '');
  const mended = await runCli(['doctor', '--fix'], { env });
  t.match(mended.out, /^Mending\n {2}mended +made .*\.local\/state\/drover\n/);
  t.equal(mended.code, 0);
  t.equal((await findingsOf(tested.world, 'state.root'))[0]?.severity, 'ok');
});
