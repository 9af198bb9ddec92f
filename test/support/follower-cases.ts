import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock as clock } from '../../src/base/index.ts';
import { type LaunchWay, settleLaunch } from '../../src/domain/runs/launch/index.ts';
import type { LaunchCase } from './launch-cases.ts';
import { makeRun, type TestRun } from './launch-world.ts';
import { createRandom } from './random.ts';
import { until } from './until.ts';

/** Where `follower.ts` can be told to die. */
const crashPoints = ['before-launch', 'after-launch', 'mid-line', 'mid-commit', 'before-exit'];
/** Kills at random instants, each with a run of its own. */
export const randomKills = 30;
/** A run of the follower lasts about this long on a machine at rest: where the random instants are drawn from. */
const usualSpanMs = 450;
/** Each kill that came too late makes the span shorter, so that no machine is too fast; so many may. */
const mostTries = 4 * randomKills;
const followerPath = fileURLToPath(new URL('./follower.ts', import.meta.url));

const lineCount = 12;
/** Lines in pieces, so that a reader sees half of one; a pause before the end, so that it can be killed there. */
const talk = `i=1; while [ $i -le ${lineCount} ]; do printf 'line %s ' $i; sleep 0.01; echo end; i=$((i+1)); done; echo last; sleep 0.05; exit 5`;
const expected = [...Array.from({ length: lineCount }, (_, index) => `line ${index + 1} end`), 'last'];

async function startFollower(run: TestRun, point?: string) {
  const args = [followerPath, run.folder, run.via, ...(point === undefined ? [] : [point])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  return { child, ended };
}

async function assertNothingLost(run: TestRun): Promise<void> {
  const { ended } = await startFollower(run);
  assert.deepEqual(await ended, [0, null], 'the follower that comes after finishes');
  const committed: unknown = JSON.parse(await readFile(join(run.folder, '..', 'committed.json'), 'utf8'));
  assert.deepEqual((committed as { lines: unknown }).lines, expected, 'each line once and in order');
  assert.deepEqual((committed as { end: unknown }).end, { kind: 'ended', status: 5 });
  assert.equal(await run.starts(), 1, 'one agent');
}

const namedKills: LaunchCase[] = crashPoints.map((point) => ({
  name: `a reader killed with -9 at ${point} loses nothing and starts nothing twice`,
  run: async (via) => {
    const run = await makeRun(via, talk);
    try {
      const { ended } = await startFollower(run, point);
      assert.deepEqual(await ended, [null, 'SIGKILL'], `it reached ${point}`);
      await assertNothingLost(run);
    } finally {
      await run.remove();
    }
  },
}));

async function killAtRandom(via: LaunchWay): Promise<void> {
  const { seed, next } = createRandom();
  process.stdout.write(`# DROVER_TEST_SEED=${seed}\n`);
  let kills = 0;
  let tries = 0;
  let spanMs = usualSpanMs;
  for (; kills < randomKills && tries < mostTries; tries += 1) {
    const run = await makeRun(via, talk);
    try {
      const { child, ended } = await startFollower(run);
      await sleep(next() * spanMs);
      if (child.kill('SIGKILL') && (await ended)[1] === 'SIGKILL') kills += 1;
      else spanMs *= 0.9;
      await assertNothingLost(run);
    } finally {
      await run.remove();
    }
  }
  process.stdout.write(`# ${kills} of ${tries} kills hit\n`);
  assert.equal(kills, randomKills, `only ${kills} of ${tries} kills hit`);
}

/** The reader and starter of a run, killed. */
export const followerCases: readonly LaunchCase[] = [
  ...namedKills,
  {
    name: `${randomKills} readers killed at random instants lose nothing and start nothing twice`,
    run: killAtRandom,
  },
  {
    name: 'launchers killed at random instants: the run ends as one thing, its tree is reaped, no second agent',
    run: async (via) => {
      const { seed, next } = createRandom();
      process.stdout.write(`# DROVER_TEST_SEED=${seed}\n`);
      const outcomes = new Map<string, number>();
      for (let index = 0; index < randomKills; index += 1) {
        const run = await makeRun(via, 'sleep 600 & sleep 600');
        try {
          // The launcher itself arms its killer, so that the instant is measured from its first act.
          await run.atStep(2, `{ sleep ${(next() * 0.03).toFixed(4)}; kill -KILL $$; } &`);
          await run.launch();
          const kind = await outcome(run);
          outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
          await run.launch().catch(() => {});
          // A `mkdir go` that outlives its launcher may still make it less certain that nothing ran, never more.
          if (kind !== 'vanished, never started') assert.equal(await outcome(run), kind);
          else assert.match(await outcome(run), /^vanished/);
          assert.ok((await run.starts()) <= 1);
        } finally {
          await run.remove();
        }
      }
      process.stdout.write(`# ${JSON.stringify(Object.fromEntries(outcomes))}\n`);
      const others = [...outcomes.keys()].filter((kind) => !kind.startsWith('vanished'));
      assert.deepEqual(others, []);
    },
  },
];

async function outcome(run: TestRun): Promise<string> {
  return until('the launcher to be gone', async () => {
    const state = await settleLaunch(run.folder, { clock, timeoutMs: 200 });
    if (state.kind === 'running') return null;
    return state.kind === 'vanished' && !state.mayHaveStarted ? 'vanished, never started' : state.kind;
  });
}
