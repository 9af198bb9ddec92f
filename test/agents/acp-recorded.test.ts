import t from 'tap';
import { adapterFor } from '../../src/domain/agents/index.ts';
import { Drive, events, outcomeIn } from './drive.ts';
import { recordedMessages } from './transcripts.ts';

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
