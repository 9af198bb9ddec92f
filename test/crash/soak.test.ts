/**
 * What the daemon holds of the machine must not grow with the runs that it has seen: descriptors, watches and processes are
 * what they were, memory and the store's log are bounded. `scripts/bench/soak.ts` does the same with thousands of runs.
 */
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { countDescriptors, footprintOf } from '../support/footprint.ts';
import { processesOf, startWorld } from '../support/real-daemon.ts';
import { createShortRuns } from '../support/short-runs.ts';
import { until } from '../support/until.ts';

const first = 100;
const more = 200;
const oneAcpIn = 20;
/** Code is still being compiled after so few runs. */
const mayGrowBytes = 25e6;
const walBytes = 32e6;
t.setTimeout(240_000);

t.test(
  `${first + more} runs leave nothing behind that ${first} do not`,
  { skip: process.platform === 'linux' ? false : 'needs /proc' },
  async (t) => {
    const agent = fileURLToPath(new URL('../support/fake-acp.ts', import.meta.url));
    const command = JSON.stringify([process.execPath, agent]);
    const world = await startWorld(
      `max_parallel_runs = 4\n[agents.short]\nruntime = "acp"\ncommand = ${command}\n`,
    );
    t.teardown(world.close);
    const runs = createShortRuns({
      socket: world.socket,
      atOnce: 8,
      start: async (body) => ((await world.http('POST', '/v1/runs', { body })).json as { id: string }).id,
    });
    t.teardown(runs.close);
    const bodyOf = (index: number) =>
      index % oneAcpIn === 0
        ? { agent: 'short', prompt: `say:${index}` }
        : { command: ['sh', '-c', `echo ${index}; (sleep 60 &)`] };
    const { pid } = await world.status();
    const look = () => footprintOf(pid, world.stateRoot);

    await runs.play(first, bodyOf);
    await until('rest', () => look().watches === 0 && look().children === 0);
    const before = look();
    await runs.play(more, bodyOf);
    const isFlat = () => {
      const { watches, children } = look();
      return watches === 0 && children === 0 && countDescriptors(look()) <= countDescriptors(before);
    };
    const flat = await until('the same as before', isFlat, 10_000).catch(() => false);
    const after = look();

    t.same(Object.fromEntries(runs.ended()), { succeeded: first + more });
    t.ok(flat, `descriptors, watches and children: ${JSON.stringify({ before, after })}`);
    t.same(processesOf(world.root), [pid], 'no process is left');
    t.ok(after.rssBytes - before.rssBytes < mayGrowBytes, `${after.rssBytes - before.rssBytes} bytes more`);
    t.ok(after.walBytes < walBytes, `${after.walBytes} bytes of log`);
    t.comment(`RSS ${before.rssBytes} after ${first} runs, ${after.rssBytes} after ${first + more}`);
  },
);
