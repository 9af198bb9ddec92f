/** What a person answers arrives once, whatever happens to the daemon in between: of every runtime that asks. */
import { writeFile } from 'node:fs/promises';
import { type Engine, inWorld, type World } from '../support/engine.ts';
import { inputOf } from '../support/engine-inputs.ts';

/** How each agent is told that it may. */
const told = { acp: '"optionId":"yes"', claude: '"behavior":"allow"', codex: '"decision":"accept"' } as const;

const answersHeard = async (world: World, answer: string) =>
  (await world.heard()).filter((line) => line.includes(answer)).length;
const approvalsOf = async (engine: Engine, run: string) =>
  (await engine.types(run)).filter((type) => type.startsWith('approval'));

for (const [runtime, answer] of Object.entries(told)) {
  inWorld(
    `${runtime}: what waited when the daemon died is answered under the next one, once`,
    async (t, world, engine) => {
      const run = await engine.fake(runtime, 'ask');
      const { waiting_on: id } = await engine.reached(run.id, 'waiting');
      await engine.close();

      const next = world.engine();
      next.runs.recover();
      t.match(next.runs.show(run.id), { status: 'waiting', waiting_on: id });
      await next.runs.resolve(id ?? '', { decision: 'allow' }, 'ada');

      t.match(await next.ended(run.id), { status: 'succeeded' });
      t.equal(await answersHeard(world, answer), 1);
      t.same(await approvalsOf(next, run.id), ['approval.requested', 'approval.resolved']);
    },
  );

  inWorld(
    `${runtime}: an answer that was stored and not written when the daemon died arrives, once`,
    async (t, world, engine) => {
      const run = await engine.fake(runtime, `ask file:${world.home}/go`);
      const { waiting_on: id } = await engine.reached(run.id, 'waiting');
      await engine.close();
      const dying = world.engine({
        change: ({ launch }) => ({
          launch: { ...launch, openInput: () => Promise.reject(new Error('it dies before it writes')) },
        }),
      });
      dying.runs.recover();
      await dying.runs.resolve(id ?? '', { decision: 'allow' }, 'ada');
      await dying.close();
      t.equal(await answersHeard(world, answer), 0, 'the agent has not heard of it');

      const next = world.engine();
      next.runs.recover();
      await writeFile(`${world.home}/go`, '');

      t.match(await next.ended(run.id), { status: 'succeeded' });
      t.equal(await answersHeard(world, answer), 1);
      t.equal(inputOf(next, 'answer:ask-1')?.replay, 'safe', 'and would be known if it came twice');
      t.same(await approvalsOf(next, run.id), ['approval.requested', 'approval.resolved']);
      await t.rejects(next.runs.resolve(id ?? '', { decision: 'deny' }, 'eve'), {
        code: 'approval_resolved',
        message: /was allowed already by ada at \d{4}-/,
      });
    },
  );
}
