import t from 'tap';
import { adapterOfRun, assertSupported } from '../../src/domain/agents/index.ts';
import { Drive, events, outcomeIn, request, written } from './drive.ts';
import { recordedMessages } from './transcripts.ts';

const command = ['codex', 'exec'] as const;
const exec = adapterOfRun({ runtime: 'codex', argv: command });
type Fields = ConstructorParameters<typeof Drive>[1];

const begin = (fields: Fields = {}) => new Drive(exec, { approvalMode: 'auto', ...fields });

/** A drive that has read a transcript. */
function replay(name: string, fields: Fields = {}): Drive {
  const drive = begin(fields);
  for (const message of recordedMessages(name)) drive.says(message);
  return drive;
}

const item = (stage: string, id: string, fields: object) => ({
  type: `item.${stage}`,
  item: { id, ...fields },
});
const failure = (message: string) => outcomeIn(begin().says({ type: 'turn.failed', error: { message } }));

void t.test('a whole turn: session, edits, commands, thoughts, message, usage, outcome', async (t) => {
  const { effects } = replay('codex-exec-edit');

  t.strictSame(written(effects), [], 'nothing is written to it');
  t.match(
    effects.find(({ kind }) => kind === 'session'),
    { sessionId: /^[0-9a-f-]{36}$/ },
  );
  t.match(events(effects, 'tool.started'), [
    { title: 'Edit /work/a.txt', kind: 'edit', input: { changes: [{ path: '/work/a.txt', kind: 'add' }] } },
    { title: 'touch b.txt; exit 3', kind: 'execute' },
  ]);
  t.strictSame(
    events(effects, 'tool.finished').map(({ status }) => status),
    ['completed', 'failed'],
  );
  t.strictSame(events(effects, 'thought.delta'), [{ text: 'Hm' }]);
  t.match(events(effects, 'message.completed'), [{ text: 'All done — größer 🚀' }]);
  t.match(
    effects.find(({ kind }) => kind === 'usage'),
    { usage: { input_tokens: 360, output_tokens: 21 } },
  );
  t.match(outcomeIn(effects), { status: 'succeeded' });
});

void t.test(
  'its command line has the mode, the trust, the model and the session, and never the prompt',
  async (t) => {
    const line = (fields: Fields) =>
      exec.commandLine(command, request({ prompt: '--help', ...fields })).join(' ');
    const trust = (level: string) => `-c projects={"/work"={trust_level="${level}"}}`;
    const kept = '-c sandbox_mode="workspace-write" -c approval_policy="never"';

    t.equal(
      line({ approvalMode: 'auto', isTrusted: false }),
      `codex exec --json --skip-git-repo-check ${kept} ${trust('untrusted')} -- -`,
    );
    t.equal(
      line({ approvalMode: 'unrestricted', model: '-m', sessionId: '-s' }),
      `codex exec resume --json --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox ${trust('trusted')} --model=-m -- -s -`,
    );
    t.match(line({ approvalMode: 'auto', cwd: '/a "b"\\' }), 'projects={"/a \\"b\\"\\\\"=');
    t.equal(exec.stdin?.(request({ prompt: '--help' })), '--help');
  },
);

void t.test('the mode ask is refused before and at the start: there is nobody to ask', async (t) => {
  const options = {
    approvalMode: 'ask',
    model: null,
    maxTurns: null,
    maxCostUsd: null,
    maxTokens: null,
    sessionId: null,
  } as const;
  t.throws(() => assertSupported({ runtime: 'codex', command }, options), {
    code: 'option_unsupported',
    message: /asks nobody/,
    hint: /--approval auto/,
  });
  t.doesNotThrow(() => assertSupported({ runtime: 'codex', command: ['codex'] }, options));
  t.match(outcomeIn(begin({ approvalMode: 'ask' }).effects), { error: { code: 'option_unsupported' } });
});

void t.test('what is no app-server is chosen by the last word of the command', async (t) => {
  t.equal(exec.input, 'none');
  t.equal(adapterOfRun({ runtime: 'codex', argv: ['codex', '-c', 'a=b', 'exec'] }), exec);
  for (const argv of [['codex'], ['exec', 'codex'], []]) {
    t.not(adapterOfRun({ runtime: 'codex', argv }), exec);
  }
  t.not(adapterOfRun({ runtime: 'command', argv: ['exec'] }), exec);
});

void t.test('a limit of turns is counted, and kept by ending the run', async (t) => {
  const drive = begin({ maxTurns: 2 });
  for (const id of ['1', '2']) {
    drive.says(item('completed', `m${id}`, { type: 'agent_message', text: 'I look' }));
    drive.says(item('started', `c${id}`, { type: 'command_execution', command: 'ls' }));
    drive.says(
      item('completed', `c${id}`, { type: 'command_execution', command: 'ls', status: 'completed' }),
    );
  }
  t.notOk(outcomeIn(drive.effects), 'two turns are allowed');

  const effects = drive.says(item('completed', 'm3', { type: 'agent_message', text: 'Once more' }));

  t.match(outcomeIn(effects), { error: { code: 'max_turns' }, reason: /after 2 turns/ });
  t.strictSame(events(effects, 'message.delta'), [], 'what goes beyond is not taken');
});

void t.test('its todo list, its warnings, and what is new', async (t) => {
  const drive = begin();
  const items = [
    { text: 'Look', completed: true },
    { text: 'Do', completed: false },
  ];

  t.match(events(drive.says(item('updated', 't', { type: 'todo_list', items })), 'agent_plan.updated'), [
    {
      entries: [
        { content: 'Look', status: 'completed' },
        { content: 'Do', status: 'pending' },
      ],
    },
  ]);
  t.match(events(drive.says({ type: 'error', message: 'Reconnecting... 1/5' }), 'agent.notice'), [
    { text: 'Reconnecting... 1/5' },
  ]);
  t.match(
    events(drive.says(item('completed', 'w', { type: 'error', message: 'No metadata' })), 'agent.notice'),
    [{ text: 'No metadata' }],
  );
  t.strictSame(drive.says({ type: 'thread.new_kind' }), []);
  t.strictSame(drive.says(item('completed', 'x', { type: 'new_kind' })), []);
});

void t.test('failures are told as what they are', async (t) => {
  t.match(outcomeIn(replay('codex-exec-limited').effects), {
    error: { code: 'rate_limited', message: /429/ },
  });
  t.match(failure('unexpected status 401 Unauthorized: Bad key'), {
    error: { code: 'auth_required', message: /codex login/ },
  });
  t.match(failure('You have hit your usage limit'), { error: { code: 'rate_limited' } });
  t.match(failure('ran out of room in the model’s context window'), { error: { code: 'max_tokens' } });
  t.match(failure('disk on fire'), { error: { code: 'agent_error' }, reason: /disk on fire/ });
});

void t.test('a session that Codex does not know is told from any other early end', async (t) => {
  const exit = { exitCode: 1, signal: null };
  const lost = begin({ sessionId: 'abc' });
  lost.says('Error: thread/resume: thread/resume failed: no rollout found for thread id abc', 'stderr');
  t.match(exec.exited(lost.state, exit), { error: { code: 'session_lost', message: /'abc'.*no rollout/ } });

  const broken = begin({ sessionId: 'abc' });
  broken.says('Error: no such model', 'stderr');
  t.match(exec.exited(broken.state, exit), {
    error: { code: 'agent_exited', message: /before it was ready: Error: no such model/ },
  });
  lost.says({ type: 'turn.started' });
  t.match(exec.exited(lost.state, exit), { error: { code: 'agent_exited' } });
});
