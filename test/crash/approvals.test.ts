/**
 * The built daemon, killed with -9 while agents of three protocols wait for a person, and while they are answered. What
 * must hold: what was asked waits again, the answer that was acknowledged is the one that counts, and each agent goes on
 * once. `DROVER_TEST_FULL=1` makes 60 rounds of it; `DROVER_TEST_SEED` repeats one.
 */
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Approval, Run } from '../../src/contract/index.ts';
import { type DaemonLife, startDaemon } from '../support/daemon-life.ts';
import { createRandom } from '../support/random.ts';
import { createWorld } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

const rounds = process.env.DROVER_TEST_FULL === '1' ? 60 : 4;
const runtimes = ['acp', 'claude', 'codex'] as const;
/** A kill comes at most this long after the answers were sent. */
const spanMs = 250;
t.setTimeout(rounds * 30_000);

t.test('kill -9 between a question and its answer', async (t) => {
  const random = createRandom();
  t.comment(`seed ${random.seed}`);
  const world = await createWorld();
  const agent = (runtime: string) => {
    const script = fileURLToPath(new URL(`../support/fake-${runtime}.ts`, import.meta.url));
    const command = JSON.stringify([process.execPath, script]);
    return `[agents.${runtime}]\nruntime = "${runtime}"\ncommand = ${command}\n`;
  };
  world.configure(runtimes.map(agent).join('\n'));
  let daemon: DaemonLife = startDaemon(world);
  t.teardown(async () => {
    await daemon.kill();
    await world.close();
  });
  await daemon.ready;
  const restart = async () => {
    await daemon.kill();
    daemon = startDaemon(world);
    await daemon.ready;
  };
  const list = async (status: string) =>
    ((await world.http('GET', `/v1/approvals?status=${status}&limit=0`)).json as { items: Approval[] }).items;
  const counts = { pending: 0, acknowledged: 0, lost: 0, stored: 0 };

  for (let round = 1; round <= rounds; round += 1) {
    const runs: Run[] = [];
    for (const name of runtimes) {
      runs.push(await world.json<Run>(['runs', 'start', 'ask ask', '--agent', name]));
    }
    for (let turn = 1; turn <= 2; turn += 1) {
      const waiting = await until(`round ${round}.${turn}: all to wait`, async () => {
        const items = await list('pending');
        return items.length === runs.length && items;
      });
      await restart();
      const again = await list('pending');
      t.same(
        again.map(({ id }) => id),
        waiting.map(({ id }) => id),
        `round ${round}.${turn}: what waited waits again`,
      );
      counts.pending += again.length;

      const answers = waiting.map(async ({ id }) => {
        const decision = random.below(2) === 0 ? 'allow' : 'deny';
        const answer = await world
          .http('POST', `/v1/approvals/${id}`, { body: { decision } })
          .catch(() => null); // it died first
        return { id, decision, isAcknowledged: answer?.status === 200 };
      });
      await new Promise((resolve) => setTimeout(resolve, random.below(spanMs)));
      await restart();
      for (const { id, decision, isAcknowledged } of await Promise.all(answers)) {
        const [row] = (await list('all')).filter((approval) => approval.id === id);
        const stored = decision === 'allow' ? 'allowed' : 'denied';
        if (isAcknowledged) counts.acknowledged += 1;
        if (isAcknowledged || row?.status !== 'pending') {
          t.equal(row?.status, stored, `round ${round}.${turn}: the answer that was given counts`);
          if (!isAcknowledged) counts.stored += 1;
          const late = await world.http('POST', `/v1/approvals/${id}`, { body: { decision: 'deny' } });
          t.equal(late.status, 409);
          continue;
        }
        counts.lost += 1;
        t.equal((await world.http('POST', `/v1/approvals/${id}`, { body: { decision } })).status, 200);
      }
    }
    for (const { id } of runs) {
      t.equal((await world.reach(id, 'succeeded', 'failed', 'interrupted')).status, 'succeeded');
      const events = await world.events(id);
      const types = events.map(({ type }) => type).filter((type) => type.startsWith('approval'));
      const said = events.filter(({ type }) => type === 'message.completed').map(({ data }) => data.text);
      const answers = said.join('').match(/"outcome":"|"behavior"|"decision"/g);
      t.equal(answers?.length, 2, `the agent heard two answers: ${said.join('')}`);
      t.same(types, ['approval.requested', 'approval.resolved', 'approval.requested', 'approval.resolved']);
    }
  }

  t.comment(
    `${rounds} rounds: ${counts.pending} waited over a kill; ${counts.acknowledged} answers acknowledged, ${counts.stored} stored without, ${counts.lost} lost and given again`,
  );
  t.ok(counts.acknowledged + counts.stored > 0, 'answers were given before a kill');
});
