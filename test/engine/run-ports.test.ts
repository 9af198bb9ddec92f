import t from 'tap';
import { config } from '../../src/contract/index.ts';
import { choosePorts, parsePortRange } from '../../src/domain/runs/run-ports.ts';
import { inWorld } from '../support/engine.ts';

const range = { from: 20_000, to: 20_034, perRun: 10 };
const ports = { ports: range };

t.test('a run gets the first block that no live run has a port of', async (t) => {
  const choose = (taken: { base: number; count: number }[], before: number | null = null) =>
    choosePorts(range, { taken, before });

  t.same(choose([]), { base: 20_000, count: 10 });
  t.same(choose([{ base: 20_000, count: 10 }]), { base: 20_010, count: 10 });
  t.same(
    choose([{ base: 20_005, count: 10 }]),
    { base: 20_020, count: 10 },
    'blocks of an older configuration',
  );
  t.same(choose([{ base: 20_000, count: 30 }]), null, 'what is left of the range is too small');
  t.same(
    choose([{ base: 20_000, count: 10 }], 20_020),
    { base: 20_020, count: 10 },
    'what its place had before',
  );
  t.same(choose([{ base: 20_020, count: 1 }], 20_020), { base: 20_000, count: 10 }, 'unless it is taken');
  t.same(choose([], 30_000), { base: 20_000, count: 10 }, 'or out of the range by now');
  t.same(choosePorts({ from: 1024, to: 1030, perRun: 10 }, { taken: [], before: null }), null);
});

t.test('the range of the configuration is two ports, or nothing', async (t) => {
  t.same(parsePortRange('20000-29999', 10), { from: 20_000, to: 29_999, perRun: 10 });
  t.equal(parsePortRange('', 10), null);
  const isRange = (port_range: string) => config.safeParse({ worktree: { port_range } }).success;
  for (const good of ['', '1024-65535', '3000-3000']) t.ok(isRange(good), good);
  for (const bad of ['80-90', '3000', '3000-2000', '60000-70000', 'x-y', '3000-', ' 3000-4000'])
    t.notOk(isRange(bad), bad);
});

inWorld(
  'live runs have ports of their own, which are free again afterwards',
  async (t, _, engine) => {
    const [first, second, third] = [
      await engine.acp('ask'),
      await engine.acp('ask'),
      await engine.acp('ask'),
    ];
    for (const { id } of [first, second, third]) await engine.reached(id, 'waiting');
    const fourth = await engine.sh('true');
    await engine.ended(fourth.id);
    const portsOf = (id: string) => engine.runs.show(id).ports;

    t.same([first, second, third].map(({ id }) => portsOf(id)?.base).toSorted(), [20_000, 20_010, 20_020]);
    t.equal(portsOf(fourth.id), null);
    t.match(engine.runs.show(fourth.id).status, 'succeeded', 'without ports all the same');
    const notice = (await engine.events(fourth.id)).find(({ type }) => type === 'run.notice');
    t.match(notice?.data, { text: /no ports of its own/ });

    await engine.runs.cancel(second.id, 'test');
    const fifth = await engine.sh('true');
    await engine.ended(fifth.id);
    t.same(portsOf(fifth.id), portsOf(second.id));
  },
  { limits: ports },
);

inWorld(
  'a run that goes on in a place gets the ports that the place had',
  async (t, _, engine) => {
    const blocker = await engine.acp('ask');
    await engine.reached(blocker.id, 'waiting');
    const first = await engine.acp('say:one');
    await engine.ended(first.id);
    await engine.runs.cancel(blocker.id, 'test');
    const second = await engine.acp('say:two', { session_id: first.id });
    await engine.ended(second.id);

    t.same(engine.runs.show(first.id).ports, { base: 20_010, count: 10 });
    t.same(engine.runs.show(second.id).ports, { base: 20_010, count: 10 });
  },
  { limits: ports },
);
