/** What the engine decides without a person, with each real adapter and an agent that speaks its protocol. */
import type { Approval } from '../../src/contract/index.ts';
import { createPolicy } from '../../src/domain/runs/index.ts';
import { type Engine, inWorld } from '../support/engine.ts';
import { policyOf } from '../support/policy.ts';

/** How each agent says what it was told. */
const told = {
  acp: {
    once: '"optionId":"yes"',
    denied: '"optionId":"no"',
    answered: 'Two',
  },
  claude: {
    once: '"behavior":"allow"',
    denied: 'Denied by a rule of drover: secrets stay',
    answered: '"Which?":"Two"',
  },
  codex: { once: '"accept"', denied: '"decline"', answered: '"Two"' },
} as const;
const runtimes = Object.keys(told) as (keyof typeof told)[];

const pastOf = (engine: Engine): readonly Approval[] =>
  engine.runs.approvals({ status: 'past', limit: 0, cursor: undefined }).items.toReversed();
const messages = async (engine: Engine, run: string) =>
  (await engine.events(run)).flatMap(({ type, data }) =>
    type === 'message.completed' ? [String(data.text)] : [],
  );

for (const runtime of runtimes) {
  const says = told[runtime];

  for (const mode of ['auto', 'unrestricted'] as const) {
    inWorld(
      `${runtime}: ${mode} allows, and is in the inbox’s past as the one who did`,
      async (t, _, engine) => {
        const run = await engine.fake(runtime, 'ask ask', { approval_mode: mode });
        t.match(await engine.ended(run.id), { status: 'succeeded' });

        const past = pastOf(engine);
        t.match(
          past,
          [1, 2].map(() => ({
            run_id: run.id,
            status: 'allowed',
            resolved_by: 'policy',
            reason: `Approval mode ${mode}`,
            expires_at: null,
          })),
        );
        t.equal(past.length, 2);
        const events = (await engine.events(run.id)).filter(({ type }) => type.startsWith('approval'));
        t.same(
          events.map(({ type, source, data }) => [type, source, data.waits]),
          [1, 2].flatMap(() => [
            ['approval.requested', 'agent', false],
            ['approval.resolved', 'daemon', undefined],
          ]),
        );
        t.same(new Set(events.map(({ data }) => data.approval_id)), new Set(past.map(({ id }) => id)));
        t.notOk((await engine.types(run.id)).includes('run.waiting'));
        const heard = await messages(engine, run.id);
        t.equal(heard.join('').split(says.once).length, 3, heard.join(' '));
      },
    );
  }

  inWorld(
    `${runtime}: a rule that denies beats the mode, and one that allows is for its files alone`,
    async (t, _, engine) => {
      const run = await engine.fake(runtime, 'ask:secrets/key ask:src/a.ts ask:src/../b run', {
        approval_mode: 'auto',
      });
      await engine.ended(run.id);

      t.match(
        pastOf(engine).map(({ status, reason }) => [status, reason]),
        [
          ['denied', 'Rule 1 of [policy]: secrets stay'],
          ['allowed', 'Rule 2 of [policy]: allow path src/**'],
          ['allowed', 'Approval mode auto'],
          ['allowed', 'Approval mode auto'],
        ],
      );
      const [first = '', ...others] = (await messages(engine, run.id)).join('').split(/(?<=\})(?=\{)|;/);
      t.ok(first.includes(says.denied), first);
      for (const other of others.filter((text) => text !== '')) t.ok(other.includes(says.once), other);
    },
    {
      policy: {
        rules: [
          { decision: 'deny', path: 'secrets/**', reason: 'secrets stay' },
          { decision: 'allow', path: 'src/**' },
        ],
      },
    },
  );

  inWorld(
    `${runtime}: a rule asks a person in every mode, and no rule or mode answers a question`,
    async (t, _, engine) => {
      const run = await engine.fake(runtime, 'run question', { approval_mode: 'unrestricted' });
      const permission = (await engine.reached(run.id, 'waiting')).waiting_on ?? '';
      t.match(await engine.runs.resolve(permission, { decision: 'allow' }, 'ada'), {
        kind: 'permission',
        resolved_by: 'ada',
      });
      await engine.asked(run.id, 2);
      const question = engine.runs.show(run.id).waiting_on ?? '';
      t.match(await engine.runs.resolve(question, { decision: 'answer', text: 'Two' }, 'ada'), {
        kind: 'question',
      });
      t.match(await engine.ended(run.id), { status: 'succeeded' });
      t.ok((await messages(engine, run.id)).join('').includes(says.answered));
    },
    { policy: { rules: [{ decision: 'ask' }] } },
  );
}

const unruled = { policy: policyOf({}), agents: {} };
let configured = unruled;

inWorld(
  'a run under way goes by the rules of a reload from then on',
  async (t, _, engine) => {
    const run = await engine.acp('ask ask');
    const first = (await engine.reached(run.id, 'waiting')).waiting_on ?? '';
    configured = { ...unruled, policy: policyOf({ rules: [{ decision: 'deny' }] }) };

    t.match(
      engine.runs.approvals({ status: 'pending', limit: 0, cursor: undefined }).items,
      [{ id: first }],
      'what was put to a person stays with them',
    );
    await engine.runs.resolve(first, { decision: 'allow' }, 'ada');
    await engine.ended(run.id);

    t.match(
      pastOf(engine).map(({ status }) => status),
      ['allowed', 'denied'],
    );
  },
  { change: () => ({ policy: createPolicy(() => configured, '/home/ada') }) },
);
