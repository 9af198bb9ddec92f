/** Each program of test/fake-agents, as an agent of every runtime that it fits, under the built daemon. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Approval, Page, Run } from '../../src/contract/index.ts';
import { readJournal } from '../support/journal-reader.ts';
import { processesOf, startWorld, type World } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

/** The whole zoo, on a machine with other work. */
const zooMs = 400_000;
/** From the start of a run to its end. */
const patienceMs = 120_000;
/** More than any other program writes; whoever floods is past it in milliseconds. */
const outputLimit = '4MiB';
/** The most that the daemon may ever have been in memory, whatever they write. */
const maxDaemonMb = 350;
/** Runs at the same time. */
const parallel = 10;

const runtimes = {
  acp: 'acp',
  claude: 'claude',
  codex: 'codex',
  exec: 'codex', // `codex exec`: it is told by the last word of the command
  command: 'command',
} as const;
type Way = keyof typeof runtimes;
const spoken = ['acp', 'claude', 'codex', 'exec'] as const;
const asking = ['acp', 'claude', 'codex'] as const;
const every = [...spoken, 'command'] as const;

type Specimen = {
  readonly ways: readonly Way[];
  readonly ends: (way: Way) => {
    readonly status: Run['status'];
    readonly code?: string;
    readonly reason?: RegExp;
  };
  readonly timeout?: string;
  readonly mode?: Run['approval_mode'];
  /** What a person does while it runs. */
  readonly meanwhile?: (world: World, run: Run) => Promise<void>;
  /** What is looked at besides, when it has ended. */
  readonly after?: (t: Test, world: World, run: Run) => Promise<void>;
};

const well = () => ({ status: 'succeeded' }) as const;
const saidHello = async (t: Test, _: World, run: Run) => void t.equal(run.result, 'hello');
const tooMuch = () => ({ status: 'failed', code: 'output_limit', reason: /wrote more than/ }) as const;
const tooLong = () => ({ status: 'failed', code: 'run_timeout', reason: /its time limit of 1 s/ }) as const;
const approvalsOf = async (world: World, run: Run) => {
  const { items } = await world.json<Page<Approval>>(['approvals', 'list', '--all', '--limit', '0']);
  return items.filter((item) => item.run_id === run.id);
};

const zoo: Readonly<Record<string, Specimen>> = {
  'floods-stdout': { ways: every, ends: tooMuch },
  'floods-stderr': { ways: every, ends: tooMuch },
  'is-silent': { ways: every, ends: tooLong, timeout: '1s' },
  'closes-stdout': { ways: every, ends: tooLong, timeout: '1s' },
  'says-invalid-json': { ways: every, ends: well, after: saidHello },
  'says-half-lines': { ways: every, ends: well, after: saidHello },
  'says-no-text': {
    ways: every,
    ends: well,
    after: async (t, _, run) => void t.equal(run.result, 'h\ufffdllo'),
  },
  'leaves-at-once': {
    ways: every,
    ends: (way) =>
      way === 'command'
        ? well()
        : { status: 'failed', code: 'agent_exited', reason: /ended with exit code 0 before it was ready/ },
  },
  'leaves-children': { ways: every, ends: well, after: saidHello },
  'ignores-signals': {
    ways: every,
    ends: () => ({ status: 'canceled', reason: /^Canceled by / }),
    meanwhile: async (world, run) => {
      const words = ['message.delta', 'output.stdout'];
      const hasSpoken = async () => (await world.events(run.id)).some(({ type }) => words.includes(type));
      await until('it to speak', hasSpoken, patienceMs);
      await world.http('DELETE', `/v1/runs/${run.id}`);
    },
  },
  'answers-what-nobody-asked': { ways: spoken, ends: well, after: saidHello },
  'says-more-after-the-end': { ways: spoken, ends: well, after: saidHello },
  'asks-twice-alike': {
    ways: asking,
    ends: well,
    meanwhile: async (world, run) => {
      await world.reach(run.id, 'waiting');
      const [approval] = await approvalsOf(world, run);
      await world.http('POST', `/v1/approvals/${approval?.id}`, { body: { decision: 'allow' } });
    },
    after: async (t, world, run) => {
      t.match(await approvalsOf(world, run), [{ status: 'allowed' }]);
      t.equal((await approvalsOf(world, run)).length, 1);
    },
  },
  'goes-on-while-it-asks': {
    ways: asking,
    ends: well,
    mode: 'unrestricted', // so that it is answered at once
    after: saidHello,
  },
  'asks-and-leaves': {
    ways: asking,
    ends: () => ({ status: 'failed', code: 'agent_exited', reason: /ended with exit code 0 before it/ }),
    after: async (t, world, run) => void t.match(await approvalsOf(world, run), [{ status: 'expired' }]),
  },
  'asks-ten-thousand-times': {
    ways: asking,
    ends: well,
    after: async (t, world, run) => {
      const approvals = await approvalsOf(world, run);
      t.equal(approvals.length, 64, 'the rest was refused at once');
      t.ok(approvals.every(({ status }) => status === 'expired'));
    },
  },
  behaves: { ways: every, ends: well, after: saidHello },
};
/** It writes more than the others may. */
const huge = 'says-one-huge-line';

function configuration(limit: string): string {
  const agents = [...Object.keys(zoo), huge].flatMap((name) =>
    every.map((way) => {
      const program = fileURLToPath(new URL(`../fake-agents/${name}.sh`, import.meta.url));
      return `[agents.${name}-${way}]\nruntime = "${runtimes[way]}"\ncommand = ["/bin/sh", "${program}", "${way}"]\n`;
    }),
  );
  return `run_output_limit = "${limit}"\nmax_parallel_runs = ${parallel}\n${agents.join('')}`;
}

/** Starts it, lets a person do what they do, and looks at how it ended. */
async function visit(t: Test, world: World, { name, way, specimen }: Visit): Promise<void> {
  const { ends, timeout, mode, meanwhile, after } = specimen;
  const body = {
    agent: `${name}-${way}`,
    prompt: 'hello',
    approval_mode: mode ?? (way === 'exec' ? 'auto' : 'ask'),
    ...(timeout !== undefined && { timeout }),
  };
  const started = await world.http('POST', '/v1/runs', { body });
  const run = started.json as unknown as Run;
  t.equal(started.status, 201, 'it is taken');
  await meanwhile?.(world, run);
  const ended = await until(
    `the end of ${name} as ${way}`,
    async () => {
      const now = await world.show(run.id);
      return now.ended_at !== null && now;
    },
    patienceMs,
  );

  const { status, code, reason } = ends(way);
  t.equal(ended.status, status, ended.reason ?? '');
  t.equal(ended.error?.code, code);
  if (reason === undefined) t.equal(ended.reason, null);
  else t.match(ended.reason, reason);
  if (ended.error !== null) t.match(ended.error.message, /^[A-Z][^\n]*[^.\n]$/, 'one sentence');
  t.strictSame(processesOf(run.id), [], 'nothing of it is left');
  await after?.(t, world, ended);
}

type Visit = { readonly name: string; readonly way: Way; readonly specimen: Specimen };

t.setTimeout(zooMs);
t.jobs = parallel;

const world = await startWorld(configuration(outputLimit));
const { pid } = await world.status();
const reader = readJournal(world.socket, () => {});
t.teardown(async () => {
  reader.close();
  await world.close();
});

const visits = Object.entries(zoo).flatMap(([name, specimen]) =>
  specimen.ways.map((way) => ({ name, way, specimen })),
);
await Promise.all(
  visits.map((each) =>
    t.test(`${each.name} as ${each.way}`, { buffered: true }, (t) => visit(t, world, each)),
  ),
);

await t.test(
  'one line of 100 MB is skipped, or shown in pieces, and what comes after it counts',
  async (t) => {
    world.configure(configuration('1GiB'));
    t.equal((await world.drover('daemon reload')).code, 0);

    for (const way of every) {
      const specimen: Specimen = {
        ways: every,
        ends: well,
        after: async (t, world, run) => {
          t.equal(run.result, 'hello');
          const types = (await world.events(run.id)).map(({ type }) => type);
          t.equal(types.includes('output.truncated'), way !== 'command', way);
        },
      };
      await visit(t, world, { name: huge, way, specimen });
    }
  },
);

await t.test('after all of them the daemon is as it was', async (t) => {
  for (const way of every) {
    await visit(t, world, { name: 'behaves', way, specimen: zoo.behaves as Specimen });
  }

  const runs = visits.length + 2 * every.length;
  const ended = () => reader.events.filter(({ type }) => type === 'run.finished').length;
  await until('the reader of the journal to have seen all', () => ended() >= runs, patienceMs);
  t.equal(ended(), runs, 'each run has one end');
  t.strictSame(reader.faults, [], 'the journal has no hole');
  t.equal((await world.status()).pid, pid, 'it is the same process');
  const { items } = await world.json<Page<Run>>(['runs', 'list', '--status', 'live']);
  t.strictSame(items, [], 'no run is said to live');
  const highest = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const mb = Math.round(Number(highest) / 1024);
  t.ok(mb < maxDaemonMb, `the daemon never took more than ${mb} MB`);
  t.comment(`${runs} runs, ${reader.events.length} events, the daemon took at most ${mb} MB`);
});
