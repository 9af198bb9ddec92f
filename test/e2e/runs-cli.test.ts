import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runCommand } from '../../src/base/index.ts';
import type { Event, Page, Run } from '../../src/contract/index.ts';
import { run as runSchema } from '../../src/contract/index.ts';
import { startWorld } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

t.setTimeout(180_000);

t.test('where a run works: worktree, base, in place, scratch', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  const first = (await world.git(repo, 'rev-parse', 'HEAD')).trim();
  writeFileSync(join(repo, 'second'), '');
  await world.git(repo, 'add', '.');
  await world.git(repo, 'commit', '--quiet', '--message=Second');
  writeFileSync(join(repo, 'README.md'), 'changed\n');
  writeFileSync(join(repo, 'new'), '');
  const run = (...argv: string[]) => world.run(['run', ...argv], { cwd: repo });

  const plain = await run('--agent', 'command', '--', 'sh', '-c', 'ls; echo made > made');
  t.equal(plain.code, 0, plain.err);
  t.equal(plain.out, 'README.md\nsecond\n');
  t.match(plain.err, '2 uncommitted files are not included');
  t.match(plain.err, /works on branch drover\/[0-9a-z]+-\S+ in /);
  const [made] = (await world.json<Page<Run>>(['runs', 'list'])).items;
  const diff = await world.drover(`runs diff ${made?.id}`);
  t.match(diff.out, /^\+made$/m);

  const background = await run('--bg', '--agent', 'command', '--', 'true');
  t.match(background.out, /^run_\S+\n$/);
  t.match(background.err, '2 uncommitted files are not included', 'also where nobody follows it');
  t.match(background.err, /works on branch drover\/\S+ in /);
  await world.reach(background.out.trim(), 'succeeded');

  const based = await run('--base', first, '--agent', 'command', '--', 'ls');
  t.equal(based.out, 'README.md\n');
  const inPlace = await run('--in-place', '--agent', 'command', '--', 'sh', '-c', 'pwd; cat README.md');
  t.equal(inPlace.out, `${repo}\nchanged\n`);
  const noBase = await run('--base', 'nosuch', '--agent', 'command', '--', 'ls');
  t.equal(noBase.code, 2);
  t.match(noBase.err, 'nosuch');
  const scratch = await world.run(['run', '--agent', 'command', '--', 'pwd']);
  t.match(scratch.out, join(world.stateRoot, 'scratch/run_'));
  t.match(await world.git(repo, 'status', '--porcelain'), 'README.md', 'the checkout is as it was');
});

t.test('the demo agent: a permission, an answer, a commit, a diff', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));

  const asked = await world.run(['run', '--agent', 'demo', 'make it better'], { cwd: repo });
  t.equal(asked.code, 8);
  t.match(asked.out, 'I am scripted');
  const [run] = (await world.json<Page<Run>>(['runs', 'list'])).items;
  const id = String(run?.id);
  t.equal((await world.drover(`runs wait ${id}`)).code, 8);
  const hint = /answer with: drover (approvals allow apr_\S+), or/.exec(asked.err)?.[1] ?? '';
  t.equal((await world.drover(hint)).code, 0, hint);
  const again = await world.drover(hint);
  t.equal(again.code, 6, 'the first answer wins');
  t.match(again.err, 'allowed already');
  t.equal((await world.drover(`runs wait ${id}`)).code, 0);
  t.match((await world.drover(`runs diff ${id}`)).out, /DEMO\.md/);
  const late = await world.drover(`runs cancel ${id}`);
  t.equal(late.code, 6);
  t.match(late.err, 'has ended already: succeeded');
});

t.test('ids, prefixes and names', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const first = await world.start('true', '--name', 'nightly');
  await world.reach(first.id, 'succeeded');
  const second = await world.start('sleep 60', '--name', 'nightly');
  await world.reach(second.id, 'running');

  const taken = await world.run(['run', '--name', 'nightly', '--agent', 'command', '--', 'true']);
  t.equal(taken.code, 6);
  t.match(taken.err, `The live run ${second.id} is named 'nightly' already`);
  t.equal((await world.json<Run>(['runs', 'show', 'nightly'])).id, second.id, 'the newest wins');
  t.equal(
    (await world.json<Run>(['runs', 'show', first.id.toLowerCase().replace('run_', 'run_')])).id,
    first.id,
  );
  t.equal(
    (await world.json<Run>(['runs', 'show', second.id.slice(0, -1)])).id.slice(0, -1),
    second.id.slice(0, -1),
  );
  const ambiguous = await world.drover(`runs show ${second.id.slice(0, 9)}`);
  t.equal(ambiguous.code, 6);
  t.match(ambiguous.err, /fits/);
  t.match(ambiguous.err, first.id, 'it says which');
  t.equal((await world.drover(`runs show ${second.id.slice(0, 7)}`)).code, 5, 'three characters are too few');
});

t.test('an Idempotency-Key gives the same answer, for the same body', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const post = (command: string[], key: string) =>
    world.http('POST', '/v1/runs', {
      body: { agent: 'command', command },
      headers: { 'idempotency-key': key },
    });

  const first = await post(['true'], 'k1');
  const replay = await post(['true'], 'k1');
  const mismatch = await post(['false'], 'k1');
  await world.drover('daemon restart');
  const later = await post(['true'], 'k1');
  const other = await post(['true'], 'k2');

  t.match(first, { status: 201 });
  t.strictSame([replay.status, replay.text], [201, first.text]);
  t.match(mismatch, { status: 422, json: { code: 'idempotency_mismatch' } });
  t.strictSame([later.status, later.text], [201, first.text], 'kept across a restart');
  t.not(other.json.id, first.json.id);
  t.equal((await world.json<Page<Run>>(['runs', 'list'])).items.length, 2);
  const together = await Promise.all(Array.from({ length: 8 }, () => post(['true'], 'k3')));
  const ids = new Set(together.filter(({ status }) => status === 201).map(({ json }) => json.id));
  t.equal(ids.size, 1, 'one effect');
  t.ok(together.every(({ status }) => status === 201 || status === 409));
});

t.test('exit codes of run, wait and attach', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const run = (script: string, ...flags: string[]) =>
    world.run(['run', ...flags, '--agent', 'command', '--', 'sh', '-c', script]);

  t.equal((await run('exit 0')).code, 0);
  const failed = await run('echo no >&2; exit 42');
  t.equal(failed.code, 1, 'a failed run is 1, its own code is in exit_code');
  const [last] = (await world.json<Page<Run>>(['runs', 'list', '--limit', '1'])).items;
  t.match(last, { status: 'failed', exit_code: 42, reason: /exit code 42: no/ });
  const missing = await run('exec /no/such/program');
  t.equal(missing.code, 1);

  const live = await world.start('echo one; sleep 60');
  const late = await world.drover(`runs wait ${live.id} --timeout 300ms`);
  t.equal(late.code, 7, late.err);
  t.match(late.err, /is still running|is still starting/);
  t.equal((await world.drover(`runs cancel ${live.id}`)).code, 0);
  t.match(await world.show(live.id), { status: 'canceled' });
  t.equal((await world.drover(`runs wait ${live.id}`)).code, 1);
  t.equal((await world.drover(`attach ${live.id}`)).code, 0);
  t.equal((await world.drover('runs list --status cancelled')).code, 0, 'both spellings');
});

t.test('attach replays, resumes after a seq, and --json is stable', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const run = await world.start('for i in 1 2 3; do echo $i; sleep 0.1; done');
  await world.reach(run.id, 'succeeded');

  const all = await world.drover(`attach ${run.id} --stream-json`);
  const events = all.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  t.strictSame(events, await world.events(run.id), 'the lines are the events of the API');
  t.match([events[0]?.type, events.at(-1)?.type], ['run.queued', 'run.finished']);
  const middle = events[2]?.seq ?? 0;
  const rest = await world.drover(`attach ${run.id} --stream-json --after ${middle}`);
  t.equal(rest.out, all.out.split('\n').slice(3).join('\n'));
  const human = await world.drover(`attach ${run.id}`);
  t.equal(human.out, '1\n2\n3\n');

  const shown = await world.json<Run>(['runs', 'show', run.id]);
  t.strictSame(runSchema.parse(shown), shown);
  t.strictSame(Object.keys(shown), Object.keys(runSchema.shape), 'every key, always');
  t.equal(shown.id, shown.run_id);
  const waited = await world.json<Run>(['runs', 'wait', run.id]);
  t.strictSame(waited, shown);
  const followed = await world.run(['run', '--json', '--agent', 'command', '--', 'echo', 'x']);
  t.match(JSON.parse(followed.out), { status: 'succeeded', result: 'x' });
});

t.test('logs by type and tail', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const run = await world.start('for i in 1 2 3; do echo out $i; done; echo err >&2');
  await world.reach(run.id, 'succeeded');
  const logs = async (flags: string) => (await world.drover(`runs logs ${run.id} ${flags}`.trim())).out;

  t.equal(await logs('--type stdout'), 'out 1\nout 2\nout 3\n');
  t.equal(await logs('--type stderr'), 'err\n');
  t.equal(await logs('--type stdout --tail 1'), 'out 3\n');
  t.match(await logs(''), /out 1\n(?:.*\n)*err|err\n(?:.*\n)*out 1/);
  t.match(await logs('--type transcript'), /run\.finished|out 1/);
  const wrong = await world.drover(`runs logs ${run.id} --type nope`);
  t.equal(wrong.code, 2);
  t.match(await world.drover('logs'), { code: 0, out: /ready/ }, 'without a name: the log of the daemon');
});

const python = await runCommand('python3', ['--version'], {
  env: { PATH: process.env.PATH ?? '' },
  timeoutMs: 10_000,
}).then(
  ({ code }) => code === 0,
  () => false,
);

/** Runs argv on a terminal of its own, sends Ctrl-C when `sign` is seen, so many times, and prints what came out. */
const onTerminal = `
import os, pty, select, sys, time
sign, times, argv = sys.argv[1].encode(), int(sys.argv[2]), sys.argv[3:]
pid, fd = pty.fork()
if pid == 0: os.execv(argv[0], argv)
out, sent, end = b'', 0, time.time() + 40
while time.time() < end:
    if select.select([fd], [], [], 0.05)[0]:
        try: data = os.read(fd, 65536)
        except OSError: break
        if not data: break
        out += data
    if sent < times and sign in out and (sent == 0 or b'again' in out):
        os.write(fd, b'\\x03'); sent += 1
sys.stdout.buffer.write(out)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 0xff)
`;

t.test(
  'on a terminal Ctrl-C detaches, a second one cancels',
  python ? {} : { skip: 'needs python3' },
  async (t) => {
    const world = await startWorld();
    t.teardown(world.close);
    const follow = async (times: number, ...argv: string[]) => {
      const { code, stdout } = await runCommand(
        'python3',
        ['-c', onTerminal, 'hello', String(times), process.execPath, world.program, ...argv],
        { env: { ...world.env, TERM: 'xterm' }, cwd: world.home, timeoutMs: 60_000 },
      );
      return { code, out: stdout.toString() };
    };
    const script = ['--agent', 'command', '--', 'sh', '-c', 'echo hello; sleep 300'];

    const detached = await follow(1, 'run', ...script);
    t.equal(detached.code, 0, detached.out);
    const id = /detached from (run_\S+), which goes on/.exec(detached.out)?.[1] ?? '';
    t.match(await world.show(id), { status: 'running' });
    t.match(detached.out, `drover attach ${id}`);

    const attached = await follow(1, 'attach', id);
    t.equal(attached.code, 0);
    t.match(await world.show(id), { status: 'running' }, 'attach only detaches');

    const cancelled = await follow(2, 'run', ...script);
    t.equal(cancelled.code, 1, cancelled.out);
    const second = /detached from (run_\S+), which/.exec(cancelled.out)?.[1] ?? '';
    await until('the cancel', async () => (await world.show(second)).status === 'canceled');
  },
);

t.test('what an agent writes is shown, never obeyed', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const said = await world.run([
    'run',
    '--agent',
    'command',
    '--',
    'printf',
    '\\033]0;title\\007\\033[2Jred\\n',
  ]);
  t.notMatch(said.out, '\u001b');
  t.match(said.out, '\\e]0;title\\x07\\e[2Jred');
});

t.test('completion for bash completes commands and options', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const script = `source <("$NODE" "$PROGRAM" completion bash)
complete -p drover
COMP_WORDS=(drover runs ""); COMP_CWORD=2; COMP_LINE="drover runs "; COMP_POINT=12
fn=$(complete -p drover | sed 's/.*-F \\([^ ]*\\).*/\\1/'); $fn drover "" runs; echo "\${COMPREPLY[@]}"
COMP_WORDS=(drover run --ag); COMP_CWORD=2; COMP_LINE="drover run --ag"; COMP_POINT=15; COMPREPLY=()
$fn drover --ag run; echo "\${COMPREPLY[@]}"`;
  const { code, stdout, stderr } = await runCommand('bash', ['-c', script], {
    env: { ...world.env, NODE: process.execPath, PROGRAM: world.program },
    timeoutMs: 60_000,
  });
  t.equal(code, 0, stderr.toString());
  t.match(stdout.toString(), /list.*start.*show.*cancel|cancel.*diff.*list/);
  t.match(stdout.toString(), '--agent');
});
