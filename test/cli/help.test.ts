import { spawnSync } from 'node:child_process';
import t from 'tap';
import { catalogueOf, createCli } from '../../src/cli/index.ts';
import { runCommand } from '../support/run-command.ts';

const env = { HOME: '/nonexistent' };
const catalogue = catalogueOf(createCli());

void t.test('every command explains itself with examples that call it', async (t) => {
  for (const { path, examples, options } of catalogue) {
    const name = path.join(' ');
    const said = await runCommand([...path.filter((word) => !word.startsWith('-')), '--help'], { env });

    t.equal(said.code, 0, name);
    t.match(said.out, path[0]?.startsWith('-') ? 'drover' : `drover ${name}`);
    t.ok(examples.length > 0, `${name} has examples`);
    for (const [, text] of examples) t.match(text, 'drover', name);
    for (const option of options)
      t.not(option.description, '', `${name} ${option.names.join()} has a description`);
  }
});

void t.test('only the commands that work exist', async (t) => {
  t.matchOnlyStrict(catalogue.map(({ path }) => path.join(' ')).sort(), [
    '--help',
    '--version',
    'agents',
    'approvals',
    'approvals allow',
    'approvals answer',
    'approvals deny',
    'approvals show',
    'attach',
    'completion',
    'daemon add',
    'daemon move',
    'daemon reload',
    'daemon remove',
    'daemon rename',
    'daemon repos',
    'daemon restart',
    'daemon start',
    'daemon status',
    'daemon stop',
    'daemon trust',
    'doctor',
    'install-service',
    'kill',
    'list-profiles',
    'logs',
    'plan advance',
    'plan cancel',
    'plan create',
    'plan decide',
    'plan done',
    'plan edit',
    'plan implement',
    'plan list',
    'plan reimplement',
    'plan reopen',
    'plan request-review',
    'plan retry',
    'plan show',
    'plan start',
    'plan start-over',
    'ps',
    'run',
    'runs apply',
    'runs cancel',
    'runs diff',
    'runs list',
    'runs logs',
    'runs retry',
    'runs send',
    'runs show',
    'runs start',
    'runs wait',
    'serve',
    'service-unit',
    'signal',
    'signal list',
    'signal retry',
    'top',
    'uninstall-service',
    'usage',
    'worktrees',
    'worktrees prune',
    'worktrees remove',
    'worktrees restore',
  ]);
});

void t.test('help of a group lists its commands, help without a command lists all', async (t) => {
  const group = await runCommand(['d', '--help'], { env });
  const all = await runCommand([], { env });

  t.match(group.out, 'drover daemon add PATH');
  t.notMatch(group.out, 'drover runs list');
  t.match(all.out, 'drover runs list');
  t.equal(all.code, 0);
});

/** True where the shell is installed. */
const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

void t.test('completion scripts are read by their shells without a complaint', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { out, code } = await runCommand(['completion', shell], { env });
    t.equal(code, 0);
    t.match(out, /drover/);
    if (!has(shell)) continue;
    const parsed = spawnSync(shell, ['-n'], { input: out });
    t.equal(parsed.stderr.toString(), '', shell);
    t.equal(parsed.status, 0, shell);
  }
});

void t.test('bash completes commands, options and their values', async (t) => {
  const { out } = await runCommand(['completion', 'bash'], { env });
  const complete = (...words: string[]) => {
    const script = `${out}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _drover; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', script, 'bash', 'drover', ...words])
      .stdout.toString()
      .trim()
      .split('\n');
  };

  t.strictSame(complete('runs', 'sh'), ['show']);
  t.strictSame(complete('--profile', 'work', 'runs', 'ca'), ['cancel']);
  t.ok(complete('').includes('daemon'));
  t.ok(complete('run', '--a').includes('--approval'));
  t.notOk(complete('runs', 'list', '--a').includes('--approval'));
  t.ok(complete('d', 'sta').includes('status'));
});
