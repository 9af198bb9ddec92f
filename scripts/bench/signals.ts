/**
 * `node scripts/bench/signals.ts [--signals=200]`: from the renaming of a signal's file in the worktree of a run to the
 * plan's transition in an event stream, with watching, and with the poll alone (every 2 s, as `poll_interval_sec` is).
 * Needs `npm run build` first.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createPlanWorld, planText } from '../../test/support/plan-world.ts';
import { until } from '../../test/support/until.ts';

const { values } = parseArgs({ options: { signals: { type: 'string', default: '200' } } });

process.env.DROVER_DIST ??= new URL('../../dist', import.meta.url).pathname;
const watched = await measure(Number(values.signals));
const median = at(watched, 0.5);
process.stdout.write(
  `signal file to transition, ${watched.length} signals: median ${median.toFixed(1)} ms, p99 ${at(watched, 0.99).toFixed(1)} ms\n` +
    `a poll every 2 s alone: 1000 ms on average, ${(1000 / median).toFixed(0)} times the median\n`,
);

async function measure(count: number): Promise<readonly number[]> {
  const world = await createPlanWorld();
  try {
    world.script({ 'coder-1': [['wait:/never']] });
    await world.drover('daemon start');
    await world.drover(`daemon add ${world.repo}`);
    await world.create('bench', planText([1]));
    await world.say('bench', 'implement_start');
    const run = await until('the run', async () => (await world.plan('bench')).runs[0]?.run_id);
    const worktree = await until('its worktree', async () => (await world.show(run)).worktree);
    await world.reach(run, 'running');
    const folder = join(worktree, '.drover/signals');
    mkdirSync(join(folder, 'staging'), { recursive: true });
    const times: number[] = [];
    for (let index = 0; index <= count; index += 1) {
      const staged = join(folder, 'staging/needs-decision-bench');
      writeFileSync(staged, `question ${index}`);
      const begun = performance.now();
      renameSync(staged, join(folder, 'needs-decision-bench'));
      await until(
        'the transition',
        async () => (await world.plan('bench')).blocked?.reason.split('\n').at(-1) === `question ${index}`,
      );
      if (index > 0) times.push(performance.now() - begun); // the first finds the folder
    }
    await world.say('bench', 'cancel');
    return times.toSorted((a, b) => a - b);
  } finally {
    await world.close();
    rmSync(world.root, { recursive: true, force: true });
  }
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
