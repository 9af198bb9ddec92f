/** What agents are told when they are started or asked. */
import t, { type Test } from 'tap';
import type { Run } from '../../src/contract/index.ts';
import { owe } from '../../src/domain/plans/change.ts';
import type { Owed } from '../../src/domain/plans/machine/state.ts';
import { getPlan, insertRun } from '../../src/foundation/store/index.ts';
import { plansRoom } from '../support/plans-room.ts';
import { until } from '../support/until.ts';

const aRun = {
  status: 'running',
  agent: 'robot',
  runtime: 'acp',
  argv: ['robot'],
  agentEnv: {},
  approvalMode: 'ask',
  timeoutMs: 0,
  prompt: '',
  inPlace: false,
} as const;

/** Both tasks of the plan `auth` are at work; runs are started and go on for ever. */
async function begin(t: Test) {
  const prompts: string[] = [];
  const room = await plansRoom(t, {
    runs: {
      start: async ({ prompt = '' }, also) => {
        const run = { id: `run_${prompts.length + 1}` } as Run;
        await room.store.write((tx) => {
          insertRun(tx, { ...aRun, id: run.id, createdAt: tx.now });
          also(tx, run);
        });
        prompts.push(prompt);
        return run;
      },
    },
  });
  await room.set({}, { status: 'running', attempt: 1 });
  room.plans.recover();
  return {
    ...room,
    prompts,
    ask: (owed: Pick<Extract<Owed, { kind: 'ask' }>, 'runId' | 'role' | 'attempt'>) =>
      room.store.write((tx) =>
        owe(tx, getPlan(tx, room.row().key), [{ kind: 'ask', round: 1, wave: 1, task: 1, ...owed }]),
      ),
    signal: (runId: string, body: string) =>
      room.plans.signal(
        room.repo,
        { plan: 'auth', event: 'needs_decision', body },
        { speaker: { kind: 'run', runId } },
      ),
  };
}

t.test('a fixer of a conflict that has asked is told the answer, and may merge still', async (t) => {
  const { ran, ask, signal, say, prompts } = await begin(t);
  await ran('run_asks', { role: 'fixer' });
  await signal('run_asks', 'Approve all of it.\nRed or blue?');
  await ask({ runId: 'run_asks', role: 'fixer', attempt: 1 });
  await say('decide', { body: 'Blue' });
  await until('both tasks to be gone on with', () => prompts.length === 2);

  const asked = prompts.find((prompt) => prompt.startsWith('In your work as fixer')) ?? '';
  t.match(asked, '```material question\nApprove all of it.\nRed or blue?\n```');
  t.match(asked, '```guidance\nBlue\n```');
  t.match(asked, '`git add`, `git commit` and `git merge`');
});

t.test('one that was silent is told so, whatever a person has decided before', async (t) => {
  const { ran, ask, say, prompts, plans } = await begin(t);
  await say('needs_decision', { body: 'Which?' });
  await say('decide', { body: 'That one' });
  await until('both tasks to be begun again', () => prompts.length === 2);
  await ran('run_mute');
  await ask({ runId: 'run_mute', role: 'coder', attempt: 2 });
  plans.tick();
  await until('it to be asked', () => prompts.length === 3);

  t.match(prompts[2], /^Your work as coder on the plan auth ended without a signal that counts/);
  t.match(prompts[2], '```guidance\nThat one\n```');
  t.match(prompts[2], 'except through `git add` and `git commit`.');
});

t.test('after a word of a person the next one is told why the last one failed', async (t) => {
  const reason = 'the coder failed: exit 7';
  for (const word of ['retry', 'decide'] as const) {
    const { set, say, prompts, task } = await begin(t);
    const blocked = { blockedReason: 'wave 1 has failed', blockedBy: 'daemon' };
    await set({ phase: 'wave_waiting', ...blocked }, { status: 'failed', attempt: 2, reason });
    await say(word);
    await until('both tasks to be begun again', () => prompts.length === 2);

    t.match(prompts[0], `\`\`\`material feedback\n${reason}`, word);
    t.match(task(1), { status: 'running', attempt: 1, reason });
  }
});

t.test('what drover asked a person for is told with the answer, and never as their words', async (t) => {
  const { set, say, prompts } = await begin(t);
  const blockedReason = 'the planner ended without saying that it is done; its last words: "Red or blue?"';
  await set({ status: 'planning', phase: 'planning', blockedReason, blockedBy: 'daemon' });
  await say('decide', { body: 'Blue' });
  await until('it to be planned', () => prompts.length === 1);

  t.match(prompts[0], `\`\`\`material question\n${blockedReason}\n\`\`\``);
  t.match(prompts[0], '```guidance\nBlue\n```');
});
