/**
 * Twenty daemons started at once, over one state root that a kill -9 has just left: exactly one serves, whoever wins.
 * `DROVER_TEST_FULL=1` makes 50 rounds of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import type { Status } from '../../src/contract/index.ts';
import { createRandom } from '../support/random.ts';
import { createWorld, processesOf, type World } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

const starters = 20;
const rounds = process.env.DROVER_TEST_FULL === '1' ? 50 : 5;
/** Twenty processes share the cores that there are. */
const roundDeadlineMs = 60_000;
/** contract §3 */
const conflict = 6;
t.setTimeout(rounds * roundDeadlineMs);

type Starter = {
  readonly way: 'foreground' | 'detached';
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<unknown>;
};

t.test(`${starters} starters at once: exactly one serves, every time`, async (t) => {
  const random = createRandom();
  t.comment(`seed ${random.seed}`);
  const world = await createWorld();
  t.teardown(world.close);
  const wonBy = { foreground: 0, detached: 0 };

  for (let round = 0; round < rounds; round++) {
    const all = Array.from({ length: starters }, () =>
      startOne(world, random.below(4) === 0 ? 'detached' : 'foreground'),
    );
    const status = await until('all but the winner to end', () => settled(world, all), roundDeadlineMs);
    const winner = all.find(({ child }) => child.pid === status.pid);
    wonBy[winner === undefined ? 'detached' : 'foreground'] += 1;

    const wrong = all.filter((one) => one !== winner).flatMap((one) => whatIsWrongWith(one, status));
    t.strictSame(wrong, [], `round ${round}: the others say who runs, or that one runs`);
    await until('the children of the detached ones to end', () => processesOf(world.root).length === 1);
    t.strictSame(processesOf(world.root), [status.pid], `round ${round}: exactly one is left`);
    process.kill(status.pid, 'SIGKILL');
    await until('the winner to be gone', () => processesOf(world.root).length === 0);
  }

  t.comment(
    `${rounds} rounds of ${starters}, won by ${wonBy.foreground} in the foreground and ${wonBy.detached} detached`,
  );
});

function startOne(world: World, way: Starter['way']): Starter {
  const args = [
    world.program,
    'daemon',
    'start',
    '--json',
    ...(way === 'foreground' ? ['--foreground'] : []),
  ];
  const child = spawn(process.execPath, args, { env: world.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const collect = (stream: NodeJS.ReadableStream) => {
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    return () => text;
  };
  return { way, child, out: collect(child.stdout), err: collect(child.stderr), ended: once(child, 'close') };
}

/** The status of the one that serves, once all others have ended. */
async function settled(world: World, all: readonly Starter[]): Promise<Status | null> {
  const running = all.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  const status = await world.status().catch(() => null);
  if (status === null || !status.ready || running.some(({ child }) => child.pid !== status.pid)) return null;
  await Promise.all(all.filter((one) => !running.includes(one)).map(({ ended }) => ended));
  return status;
}

function whatIsWrongWith(one: Starter, status: Status): string[] {
  const { exitCode } = one.child;
  if (one.way === 'detached') {
    const pid = exitCode === 0 ? (JSON.parse(one.out()) as Status).pid : null;
    return pid === status.pid ? [] : [`detached: exit ${exitCode}, pid ${pid}: ${one.err()}`];
  }
  const isRefused = exitCode === conflict && one.err().includes('already_running');
  return isRefused ? [] : [`foreground: exit ${exitCode}: ${one.err()}`];
}
