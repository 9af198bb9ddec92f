import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Page, Run } from '../../src/contract/index.ts';
import { startWorld } from '../support/real-daemon.ts';

t.setTimeout(280_000);

const transcripts = fileURLToPath(new URL('../agents/transcripts', import.meta.url));
const runtimes = ['acp', 'claude', 'codex', 'command'] as const;

/** An agent that says what is in a file and then listens until nobody speaks to it any more. */
const saying = (name: string, runtime: string, file: string) =>
  `[agents.${name}]\nruntime = "${runtime}"\ncommand = ["sh", "-c", "cat '${file}'; cat > /dev/null"]\n`;

t.test('an agent that dies at its start leaves its last words, whatever it speaks', async (t) => {
  const script = "echo 'fatal: no licence found' >&2; exit 12";
  const world = await startWorld(
    runtimes
      .map(
        (runtime) =>
          `[agents.dies-${runtime}]\nruntime = "${runtime}"\ncommand = ["sh", "-c", "${script}"]\n`,
      )
      .join(''),
  );
  t.teardown(world.close);

  for (const runtime of runtimes) {
    const said = await world.run(['run', '--agent', `dies-${runtime}`, '--name', runtime, 'x']);
    t.equal(said.code, 1, runtime);
    t.match(said.err, /ended with exit code 12.*: fatal: no licence found\n/, runtime);
    t.match(await world.json<Run>(['runs', 'show', runtime]), { status: 'failed', exit_code: 12 });
  }
});

t.test('an agent that is not installed is refused before there is a run', async (t) => {
  const world = await startWorld(
    '[agents.gone]\nruntime = "acp"\ncommand = ["no-such-agent"]\n' +
      '[agents.moved]\nruntime = "claude"\ncommand = ["/no/such/claude"]\n' +
      '[agents.own]\nruntime = "command"\ncommand = ["./of-the-repository.sh"]\n',
  );
  t.teardown(world.close);

  for (const [agent, says] of [
    ['gone', 'there is no program no-such-agent on its PATH'],
    ['moved', 'there is no program /no/such/claude\n'],
  ] as const) {
    const said = await world.run(['run', '--agent', agent, 'x']);
    t.equal(said.code, 2, agent);
    t.match(said.err, `The agent '${agent}' is not installed: ${says}`);
    t.match(said.err, `mend command of [agents.${agent}]`);
  }
  t.strictSame((await world.json<Page<Run>>(['runs', 'list'])).items, []);
  const own = await world.run(['run', '--agent', 'own', 'x']);
  t.equal(own.code, 1, 'only its own folder can tell');
  t.match(own.err, 'No such file or directory');
});

t.test('a session that the agent forgot: a final state, and how to begin anew', async (t) => {
  const acp = join(t.testdir(), 'acp.jsonl');
  const lines = [
    { jsonrpc: '2.0', id: 1, result: { protocolVersion: 1, agentCapabilities: { loadSession: true } } },
    { jsonrpc: '2.0', id: 2, error: { code: -32_002, message: 'Resource not found' } },
  ];
  writeFileSync(acp, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const world = await startWorld(
    saying('acp-agent', 'acp', acp) +
      saying('claude-agent', 'claude', join(transcripts, 'claude-lost-session.jsonl')) +
      saying('codex-agent', 'codex', join(transcripts, 'codex-lost-session.jsonl')),
  );
  t.teardown(world.close);

  for (const runtime of ['acp', 'claude', 'codex']) {
    const said = await world.run([
      'run',
      '--agent',
      `${runtime}-agent`,
      '--session',
      's-1',
      '--name',
      runtime,
      'x',
    ]);
    t.equal(said.code, 1, `${runtime}: ${said.err}`);
    const run = await world.json<Run>(['runs', 'show', runtime]);
    t.match(run, { status: 'failed', session_id: 's-1', error: { code: 'session_lost' } }, runtime);
    t.match(said.err, `hint: begin anew with: drover runs retry ${run.id} --fresh`);
  }
  const none = await world.run(['run', '--session', 's-1', '--agent', 'command', '--', 'true']);
  t.equal(none.code, 2, 'nobody has confirmed it, so it is nobody’s');
  t.match(none.err, "A command has no session 's-1' to continue");
});

t.test('a prompt that is empty, and one that is too long, for whom it is too long', async (t) => {
  const world = await startWorld(
    '[agents.echo]\nruntime = "command"\ncommand = ["echo"]\n' +
      `[agents.deaf]\nruntime = "codex"\ncommand = ["sh", "-c", "exit 3"]\n`,
  );
  t.teardown(world.close);
  const post = (body: object) => world.http('POST', '/v1/runs', { body });

  t.match(await post({ prompt: ' \n', agent: 'deaf' }), { status: 400, json: { code: 'invalid_request' } });
  const huge = await post({ prompt: 'x'.repeat(2 ** 20), agent: 'deaf' });
  t.match(huge, { status: 413, json: { code: 'body_too_large', hint: /name a file/ } });
  const words = Array.from({ length: 11 }, () => 'x'.repeat(100_000));
  const said = await world.run(['run', '--agent', 'deaf', ...words]);
  t.equal(said.code, 2);
  t.match(said.err, 'The body is larger than 1048576 bytes');
  const argument = await post({ prompt: 'x'.repeat(131_072), agent: 'echo' });
  t.match(argument, { status: 400, json: { detail: /has 131072 bytes; 131071 is the limit/ } });
  const longest = await post({ prompt: 'x'.repeat(131_071), agent: 'echo' });
  t.match(await world.reach(String(longest.json.id), 'succeeded', 'failed'), { status: 'succeeded' });
  t.equal(
    (await post({ prompt: 'x'.repeat(900_000), agent: 'deaf' })).status,
    201,
    'an agent reads it from a pipe',
  );
});

t.test('turns are counted and the run stopped, by who can', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);

  const acp = await world.run(['run', '--agent', 'demo', '--approval', 'auto', '--max-turns', '1', 'x']);
  const command = await world.run(['run', '--max-turns', '1', '--agent', 'command', '--', 'true']);

  t.equal(acp.code, 1);
  t.match(acp.err, 'The run was stopped after 1 turn, its limit');
  t.equal(command.code, 2);
  t.match(command.err, 'A command has no turns to limit to 1');
});
