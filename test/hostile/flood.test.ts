import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Event, Run } from '../../src/contract/index.ts';
import { startWorld, type World } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

t.setTimeout(120_000);

const limitBytes = 4 * 2 ** 20;
const lineBytes = 100_000_000;
/** What the daemon may need at most while its runs flood (docs/adr/0002). */
const memoryBytes = 300e6;
const hugeLine = `head -c ${lineBytes} /dev/zero | tr '\\0' x; echo`;

type Output = { text: string; offset: number; bytes: number; partial: boolean };

/** Every event of a run, a page at a time. */
async function* eventsOf(world: World, run: string): AsyncGenerator<Event> {
  for (let after: string | null = '0'; after !== null; ) {
    const answer = await world.http('GET', `/v1/runs/${run}/events?limit=100&after=${after}`, {
      headers: { accept: 'application/json' },
    });
    const page = answer.json as { items: Event[]; next_cursor: string | null };
    yield* page.items;
    after = page.next_cursor;
  }
}

/** Compares the journal of a run's stream with its file: every byte once and in order, then what was left out. */
async function compare(t: Test, world: World, run: Run, stream: 'stdout' | 'stderr'): Promise<number> {
  const file = readFileSync(
    join(world.stateRoot, 'runs', run.id, stream === 'stdout' ? 'out.log' : 'err.log'),
  );
  let next = 0;
  let differences = 0;
  const truncated: Event[] = [];
  for await (const event of eventsOf(world, run.id)) {
    if (event.type === 'output.truncated') truncated.push(event);
    if (event.type !== `output.${stream}`) continue;
    const { text, offset, bytes } = event.data as Output;
    const raw = file.toString('utf8', offset, offset + bytes);
    if (offset !== next || raw.replace(/\n$/, '') !== text) differences += 1;
    next = offset + bytes;
  }
  t.equal(differences, 0, `${run.id}: every byte of ${stream} once and in order`);
  t.equal(truncated.length, 1, 'one event says what was left out');
  t.match(truncated[0]?.data, {
    ...{ stream, offset: next, bytes: file.length - next },
    reason: /run_output_limit/,
  });
  return next;
}

const peakMemory = async (world: World) => {
  const { pid } = await world.status();
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
};

/** A stream whose reader takes nothing. */
const openDeafReader = (t: Test, world: World) => {
  const socket = connect(world.socket);
  socket.on('error', () => {}); // the daemon ends before it
  socket.pause();
  socket.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
  t.teardown(() => socket.destroy());
};

t.test('floods are stopped at run_output_limit; deaf readers cost no memory', async (t) => {
  const world = await startWorld(`run_output_limit = "${limitBytes}B"\nmax_parallel_runs = 8\n`);
  t.teardown(world.close);
  for (let index = 0; index < 30; index += 1) openDeafReader(t, world);
  const scripts = {
    stdout: [
      'exec yes',
      'yes | cat',
      "trap '' TERM; yes & yes & wait",
      'yes "$(head -c 5000 /dev/zero | tr "\\0" z)"',
    ],
    stderr: ['exec yes >&2'],
  };

  for (const stream of ['stdout', 'stderr'] as const) {
    const runs = await Promise.all(scripts[stream].map((script) => world.start(script)));
    for (const { id } of runs) {
      const run = await world.reach(id, 'failed');

      t.equal(run.error?.code, 'output_limit');
      t.match(run.reason, 'run_output_limit');
      const journaled = await compare(t, world, run, stream);
      t.ok(journaled >= limitBytes, `${journaled} bytes are in the journal`);
      t.ok(journaled < 2 * limitBytes, 'and not much more than the limit');
    }
  }
  t.ok((await peakMemory(world)) < memoryBytes, `${await peakMemory(world)} bytes at the peak`);
});

t.test('a line of 100 MB comes in pieces from a command', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);

  const { id } = await world.start(hugeLine);
  await until('the run', async () => (await world.show(id)).ended_at, 60_000);
  let pieces = 0;
  let next = 0;
  let wrong = 0;
  for await (const { type, data } of eventsOf(world, id)) {
    if (type === 'output.truncated') t.fail('nothing is left out');
    if (type !== 'output.stdout') continue;
    const { offset, bytes, text, partial } = data as Output;
    if (offset !== next || bytes > 65_536 || !/^x*$/.test(text)) wrong += 1;
    next = offset + bytes;
    if (partial !== next < lineBytes) wrong += 1;
    pieces += 1;
  }

  t.equal((await world.show(id)).status, 'succeeded');
  t.equal(wrong, 0, `${pieces} pieces in order`);
  t.ok(next >= lineBytes);
  t.ok((await peakMemory(world)) < memoryBytes, `${await peakMemory(world)} bytes at the peak`);
});

t.test('a line of 100 MB of a protocol is dropped, with an event', async (t) => {
  const command = JSON.stringify(['sh', '-c', hugeLine]);
  const world = await startWorld(`[agents.shouter]\nruntime = "acp"\ncommand = ${command}\n`);
  t.teardown(world.close);

  const { id } = await world.json<Run>(['run', '--bg', '--agent', 'shouter', 'say something']);
  await until('the run', async () => (await world.show(id)).ended_at, 60_000);
  const truncated = (await world.events(id)).filter(({ type }) => type === 'output.truncated');

  t.match(await world.show(id), { status: 'failed' });
  t.match(
    truncated.map(({ data }) => data),
    [{ stream: 'stdout', offset: 0, bytes: lineBytes + 1, reason: /longer/ }],
  );
  t.ok((await peakMemory(world)) < memoryBytes, `${await peakMemory(world)} bytes at the peak`);
});
