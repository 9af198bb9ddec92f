import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Run, SentInput } from '../../src/contract/index.ts';
import { startWorld, type World } from '../support/real-daemon.ts';

t.setTimeout(120_000);

const fake = JSON.stringify([
  process.execPath,
  fileURLToPath(new URL('../support/fake-acp.ts', import.meta.url)),
]);
const ofType = async (world: World, run: string, type: string) =>
  (await world.events(run)).filter((event) => event.type === type);

t.test('messages to an agent at work', async (t) => {
  const world = await startWorld(`[agents.fake]\nruntime = "acp"\ncommand = ${fake}\n`);
  t.teardown(world.close);
  const go = join(world.root, 'go');
  const { id } = await world.json<Run>(['run', '--bg', '--agent', 'fake', `file:${go} say:begun`]);
  await world.reach(id, 'running');

  const said = await world.run(['runs', 'send', id, 'and', 'then?']);
  t.match(said, { code: 0, err: '', out: new RegExp(`^sent to ${id} as inp_\\w+: its agent reads it`) });
  const piped = await world.run(['runs', 'send', id, '-', '--json'], { stdin: 'from a file\n' });
  t.match(JSON.parse(piped.out), { run_id: id, input_id: /^inp_/ });
  t.match(await world.run(['runs', 'send', id, '-'], { stdin: ' \n' }), { code: 2, err: /nothing to send/ });
  t.match(await world.run(['runs', 'send', 'run_00000000', 'x']), { code: 5 });

  const post = (body: unknown, headers = {}) => world.http('POST', `/v1/runs/${id}/input`, { body, headers });
  const key = { 'idempotency-key': 'one' };
  const first = await post({ text: 'by HTTP' }, key);
  const again = await post({ text: 'by HTTP' }, key);
  t.equal(first.status, 202);
  t.same([again.status, again.json], [202, first.json]);
  t.equal((await post({ text: 'another' }, key)).status, 422);
  t.equal((await post({ text: ' ' })).status, 400);
  t.equal((await post({ text: 'x'.repeat(1_100_000) })).status, 413);
  const received = await ofType(world, id, 'input.received');
  t.same(
    received.map(({ data }) => data.text),
    ['and then?', 'from a file\n', 'by HTTP'],
  );
  t.equal(received.at(-1)?.data.input_id, (first.json as unknown as SentInput).input_id);

  writeFileSync(go, '');
  t.match(await world.reach(id, 'succeeded', 'failed'), { status: 'succeeded' });
  t.equal((await ofType(world, id, 'input.read')).length, 3);
  t.match(await world.run(['runs', 'send', id, 'late']), {
    code: 6,
    err: /has ended already: succeeded[\s\S]*drover run --session run_/,
  });
  const shown = await world.run(['attach', id]);
  t.match(shown.err, /you: and then\?\n/);
  t.match(shown.err, /the agent has read it\n/);
});
