import t from 'tap';
import { adapterFor } from '../../src/domain/agents/index.ts';
import { Drive, events, outcomeIn, written } from './drive.ts';
import { recordedMessages, says } from './transcripts.ts';

/** A drive that has read all that a real agent said. */
function replay(name: string): Drive {
  const drive = new Drive(adapterFor('acp'));
  for (const message of recordedMessages(name)) drive.says(message);
  return drive;
}

/** What a person was asked, in short. */
const asked = ({ effects }: Drive) =>
  effects.flatMap((effect) => (effect.kind === 'approval' ? [effect.request] : []));

void t.test('Gemini CLI: a person sees the change it asks for, and what the turn cost', async (t) => {
  const drive = replay('gemini-edit');

  t.match(asked(drive), [
    {
      title: 'Writing to a.txt',
      tool: 'edit',
      input: { content: [{ type: 'diff', path: '/work/a.txt', newText: 'größer 🚀' }] },
    },
    { title: 'touch b.txt', tool: 'execute' },
  ]);
  t.match(
    drive.effects.find(({ kind }) => kind === 'usage'),
    { usage: { input_tokens: 360, output_tokens: 21 } },
  );
  t.strictSame(
    events(drive.effects, 'message.completed').map(({ text }) => text),
    ['All done — größer 🚀'],
  );
  t.match(outcomeIn(drive.effects), { status: 'succeeded' });
});

void t.test(
  'OpenCode: a person sees the change, and a request of what was not offered is refused',
  async (t) => {
    const drive = replay('opencode-edit');

    t.match(asked(drive), [{ tool: 'edit', input: { diff: /\+größer 🚀/ } }]);
    t.match(
      drive.effects.filter((effect) => effect.kind === 'write' && effect.key.startsWith('refuse:')),
      [{ line: /drover does not offer fs\/write_text_file/ }],
    );
    t.strictSame(events(drive.effects, 'thought.delta'), [{ text: 'Hm' }]);
    t.match(
      drive.effects.findLast(({ kind }) => kind === 'usage'),
      { usage: { input_tokens: 120, output_tokens: 7, context_tokens: 120, context_size: 100_000 } },
    );
    t.match(outcomeIn(drive.effects), { status: 'succeeded' });
  },
);

void t.test(
  'an agent whose first mode does not ask is set to the one that does, before anything else',
  async (t) => {
    const modes = (currentModeId: string, ...ids: string[]) => ({
      modes: { currentModeId, availableModes: ids.map((id) => ({ id, name: id })) },
      models: { availableModels: [{ modelId: 'm', name: 'M' }] },
    });
    const opened = (session: object) => {
      const drive = new Drive(adapterFor('acp'), { model: 'm' });
      drive.says(says.initialized());
      return { drive, first: written(drive.says(says.opened(session))) };
    };

    const { drive, first } = opened(modes('auto', 'plan', 'default', 'auto'));
    const params = { sessionId: 's1', modeId: 'default' };
    t.match(first, [{ id: 1_000_000, method: 'session/set_mode', params }]);
    t.match(written(drive.says({ id: 1_000_000, result: {} })), [{ id: 3, method: 'session/set_model' }]);
    t.match(written(drive.says({ id: 3, result: {} })), [{ id: 4, method: 'session/prompt' }]);
    t.strictSame(drive.says({ id: 1_000_000, result: {} }), [], 'a second copy changes nothing');

    for (const session of [modes('default', 'default'), modes('agent', 'agent', 'plan')]) {
      t.match(opened(session).first, [{ method: 'session/set_model' }]);
    }
    const refused = opened(modes('auto', 'default'));
    t.match(outcomeIn(refused.drive.says(says.failed(1_000_000, -32_602, 'not today'))), {
      reason: /refused the mode to ask: not today/,
    });
  },
);

void t.test('the bridge of Claude Code is told whether it may obey the repository', async (t) => {
  const sessionOf = (isTrusted: boolean, sessionId: string | null) => {
    const drive = new Drive(adapterFor('acp'), { isTrusted, sessionId });
    return written(drive.says(says.initialized({ loadSession: true })))[0]?.params as Record<string, unknown>;
  };

  const _meta = { claudeCode: { options: { settingSources: ['user'] } } };
  t.match(sessionOf(false, null), { cwd: '/work', mcpServers: [], _meta });
  t.match(sessionOf(false, 's1'), { sessionId: 's1', _meta });
  t.notOk('_meta' in sessionOf(true, null));
});

void t.test(
  'a history that is still told after the session was loaded was taken for the run’s own words',
  async (t) => {
    const drive = new Drive(adapterFor('acp'), { sessionId: 's1' });
    const modes = { currentModeId: 'default', availableModes: [{ id: 'default' }] };
    drive.says(says.initialized({ loadSession: true }));
    const set = written(drive.says({ id: 2, result: { modes } }));
    t.match(set, [{ id: 1_000_000, method: 'session/set_mode', params: { modeId: 'default' } }]);

    drive.says(says.update('user_message_chunk', { content: { type: 'text', text: 'the first prompt' } }));
    t.match(written(drive.says({ id: 1_000_000, result: {} })), [
      { id: 1_000_001, method: 'session/set_mode' },
    ]);
    drive.says(says.message('the first answer'));
    t.match(written(drive.says({ id: 1_000_001, result: {} })), [{ id: 1_000_002 }]);
    t.match(written(drive.says({ id: 1_000_002, result: {} })), [{ id: 4, method: 'session/prompt' }]);

    drive.says(says.message('the second answer'));
    drive.says(says.stopped());

    t.strictSame(
      events(drive.effects, 'message.completed').map(({ text }) => text),
      ['the second answer'],
    );
    const keys = drive.effects.flatMap((effect) => (effect.kind === 'write' ? [effect.key] : []));
    t.equal(new Set(keys).size, keys.length, 'each line has a key of its own');
  },
);
