/**
 * `node scripts/bench/plans-idle.ts [--repos=200] [--plans=10] [--seconds=30]`: processor time and memory of a daemon whose
 * repositories hold plans that nobody works on, beside the same daemon without any. One plan of each repository waits for
 * a decision in the midst of its planning; every checkout is watched. Needs `npm run build` first, and Linux.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { processorMsOf } from '../../test/support/footprint.ts';
import { createPlanWorld, planText } from '../../test/support/plan-world.ts';
import { until } from '../../test/support/until.ts';

const { values } = parseArgs({
  options: {
    repos: { type: 'string', default: '200' },
    plans: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '30' },
  },
});
const [repos, plans, seconds] = [Number(values.repos), Number(values.plans), Number(values.seconds)];
/** After the last change, so that making does not count. */
const settleMs = 10_000;

process.env.DROVER_DIST ??= new URL('../../dist', import.meta.url).pathname;
const world = await createPlanWorld(
  '[agents.silent]\nruntime = "command"\ncommand = ["true"]\n[roles]\nplanner = "silent"',
);
try {
  await world.drover('daemon start');
  const empty = await look('empty');
  for (let repo = 0; repo < repos; repo += 1) {
    const path = await world.repository(join(world.home, `repo-${repo}`));
    const added = await world.http('POST', '/v1/repos', { body: { path } });
    if (added.status !== 201) throw new Error(JSON.stringify(added.json));
    const at = `/v1/repos/repo-${repo}/plans`;
    for (let plan = 0; plan < plans; plan += 1)
      await world.http('POST', at, { body: { name: `plan-${plan}`, content: planText([1, 2, 3], [4, 5]) } });
    await world.http('POST', `${at}/plan-0/events`, { body: { event: 'plan_start' } });
  }
  await until('every planner to have ended', async () => (await world.status()).runs.running === 0, 600_000);
  await restart();
  const full = await look(`${repos} repositories, ${repos * plans} plans`);
  process.stdout.write(
    `more than empty: ${((full.share - empty.share) * 100).toFixed(2)} % of a core, ${((full.rss - empty.rss) / 2 ** 20).toFixed(1)} MB\n`,
  );
} finally {
  await world.close();
}

/** So that what making them took of memory does not count. */
async function restart(): Promise<void> {
  await world.drover('daemon restart');
}

async function look(what: string): Promise<{ readonly share: number; readonly rss: number }> {
  const { pid } = await world.status();
  await sleep(settleMs);
  const before = processorMsOf(pid);
  const begun = performance.now();
  await sleep(seconds * 1000);
  const share = (processorMsOf(pid) - before) / (performance.now() - begun);
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  process.stdout.write(
    `${what}: ${(share * 100).toFixed(2)} % of a core, ${(rss / 2 ** 20).toFixed(1)} MB\n`,
  );
  return { share, rss };
}
