import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { takeInstanceLock } from '../../src/daemon/instance-lock.ts';

const starters = 20;
const rounds = Number(process.env.DROVER_TEST_ROUNDS ?? 50);
// Subtests inherit it; a round takes up to a second when the machine is busy.
t.setTimeout((120 + rounds) * 1000);
const fixture = fileURLToPath(new URL('../fixtures/instance-lock-holder.ts', import.meta.url));

type Holder = { readonly child: ChildProcess; readonly ask: (command: string) => Promise<string> };

/** Starts a process that takes and frees the lock on command, under `wrapper` if given; it ends with the test. */
async function startHolder(t: Test, stateRoot: string, wrapper: readonly string[] = []): Promise<Holder> {
  const [file = '', ...args] = [...wrapper, process.execPath, fixture, stateRoot];
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  await next(); // ready
  return {
    child,
    ask: (command) => {
      child.stdin.write(`${command}\n`);
      return next();
    },
  };
}

/** Lets all try at the same instant, frees the lock again and returns how many had it. */
async function race(holders: readonly Holder[]): Promise<{ winners: Holder[]; refused: number }> {
  const instant = Date.now() + 20;
  const answers = await Promise.all(holders.map((holder) => holder.ask(`take-at ${instant}`)));
  const winners = holders.filter((_, index) => answers[index] === 'won');
  for (const winner of winners) await winner.ask('free');
  return { winners, refused: answers.filter((answer) => answer.startsWith('already_running ')).length };
}

/** Tries until the lock is free; the milliseconds that took. */
function timeToTake(stateRoot: string, deadlineMs: number): number {
  const started = performance.now();
  for (;;) {
    try {
      takeInstanceLock({ stateRoot }).close();
      return performance.now() - started;
    } catch (error) {
      if (performance.now() - started > deadlineMs) throw error;
    }
  }
}

t.test(
  `${starters} starters at once: exactly one wins, every time`,
  { timeout: (60 + rounds) * 1000 },
  async (t) => {
    const stateRoot = t.testdir();
    const holders = await Promise.all(Array.from({ length: starters }, () => startHolder(t, stateRoot)));
    const everWon = new Set<Holder>();
    let wins = 0;
    let refused = 0;

    for (let round = 0; round < rounds; round++) {
      const result = await race(holders);
      if (result.winners.length !== 1) t.fail(`round ${round}: ${result.winners.length} winners`);
      wins += result.winners.length;
      refused += result.refused;
      for (const winner of result.winners) everWon.add(winner);
    }

    t.equal(wins, rounds, 'one winner a round');
    t.equal(refused, rounds * (starters - 1), 'all others are told that one runs already');
    t.comment(`${rounds} rounds of ${starters}, won by ${everWon.size} different processes`);
  },
);

const hasStrace = spawnSync('strace', ['-V']).status === 0;

t.test(
  'starters that meet on their way to the lock do not all give up',
  {
    timeout: 60_000,
    skip: hasStrace ? false : 'needs strace to slow the locks down',
  },
  async (t) => {
    const stateRoot = t.testdir();
    // Each call takes so long that two starters meet in nearly every round; without patience 1 round in 15 had no winner.
    const slow = (delayUs: number) =>
      `strace -f -qq -o /dev/null -e trace=fcntl -e inject=fcntl:delay_exit=${delayUs}`.split(' ');
    const holders = await Promise.all(
      [3000, 4000, 5000, 7000].map((us) => startHolder(t, stateRoot, slow(us))),
    );
    const winnersPerRound: number[] = [];

    for (let round = 0; round < 40; round++) winnersPerRound.push((await race(holders)).winners.length);

    t.same(winnersPerRound, Array(40).fill(1));
  },
);

t.test('kill -9 frees the lock in milliseconds, also while a child of the holder lives on', async (t) => {
  const stateRoot = t.testdir();
  const times: number[] = [];

  for (let round = 0; round < 10; round++) {
    const holder = await startHolder(t, stateRoot);
    t.equal(await holder.ask('take'), 'won');
    const child = Number(await holder.ask('child'));
    t.teardown(() => process.kill(child, 'SIGKILL'));
    const exited = once(holder.child, 'exit');
    holder.child.kill('SIGKILL');
    await exited;
    times.push(timeToTake(stateRoot, 5000)); // a lock that is let go stale takes longer
    t.doesNotThrow(() => process.kill(child, 0), 'the child lives');
  }

  times.sort((a, b) => a - b);
  t.comment(`free after ${times[5]?.toFixed(1)} ms (median), ${times.at(-1)?.toFixed(1)} ms (longest)`);
});

t.test('a holder that is stopped keeps the lock, and has it when it goes on', async (t) => {
  const stateRoot = t.testdir();
  const [holder, other] = await Promise.all([startHolder(t, stateRoot), startHolder(t, stateRoot)]);
  t.equal(await holder.ask('take'), 'won');

  holder.child.kill('SIGSTOP');
  for (let attempt = 0; attempt < 5; attempt++) t.match(await other.ask('take'), /^already_running /);
  holder.child.kill('SIGCONT');

  t.match(await other.ask('take'), /^already_running /);
  t.equal(await holder.ask('free'), 'free');
  t.equal(await other.ask('take'), 'won');
});

t.test('a lock that was never freed leaves nothing behind that a start could stumble on', async (t) => {
  const stateRoot = t.testdir();
  const holder = await startHolder(t, stateRoot);
  await holder.ask('take');
  const exited = once(holder.child, 'exit');
  holder.child.kill('SIGKILL');
  await exited;

  takeInstanceLock({ stateRoot }).close();

  t.same(readdirSync(stateRoot), ['instance.lock']);
});
