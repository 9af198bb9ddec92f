import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock as clock, listProcesses } from '../../src/base/index.ts';
import { endTree, listTree } from '../../src/domain/runs/launch/index.ts';
import { type LaunchCase, withRun } from './launch-cases.ts';
import { makeRun } from './launch-world.ts';
import { until } from './until.ts';

/** What must hold of ending a run's processes, whichever way its launcher is started. */
export const treeCases: readonly LaunchCase[] = [
  {
    name: 'the whole tree ends: TERM ignored, own session, double fork, forks faster than one can look',
    run: async (via) => {
      const trees = [
        `trap '' TERM; sleep 600 & while :; do sleep 1; done`,
        'setsid sleep 600 & setsid sh -c "sleep 600 & sleep 600" & sleep 600',
        '(setsid sh -c "(sleep 600 &) ; exit" &) ; (sleep 600 &); sleep 600',
        'i=0; while [ $i -lt 100 ]; do (while :; do sleep 0.01; done) & i=$((i+1)); done; wait',
      ];
      for (const tree of trees) {
        await withRun(makeRun(via, `${tree}`), async (run) => {
          await run.launch();
          await run.running();
          await until('the tree to grow', async () => (await listTree(run.folder)).length >= 3);
          const { survivors } = await endTree(run.folder, { clock, graceMs: 100, timeoutMs: 60_000 });
          assert.deepEqual(survivors, [], tree);
          assert.equal((await run.state()).kind, 'ended', tree);
        });
      }
    },
  },
  {
    name: 'even a process with an empty environment, in a session of its own and orphaned, ends with its run',
    run: async (via) => {
      if (process.platform !== 'linux') return; // no limit, no control group: SECURITY.md says so
      const gone = '(setsid env -i sh -c "(exec sleep \\$0) & exit" "$1" &); exec sleep 600';
      const name = `60${process.pid}`;
      const isThere = async () => (await commandLines()).includes(`sleep ${name} `);
      await withRun(makeRun(via, gone, { args: [name] }), async (run) => {
        await run.launch();
        await run.running();
        await until('the escape', isThere);
        await endTree(run.folder, { clock, graceMs: 0, timeoutMs: 60_000 });
        assert.ok(!(await isThere()));
      });
    },
  },
  {
    name: 'a tree that goes on as its own child ends, and so does one that stopped its launcher',
    run: async (via) => {
      const hop = 'echo "$1" >hops; [ "$1" -gt 0 ] && setsid sh hop $(($1 - 1)) & exit 0';
      const trees = [`echo '${hop}' >hop; sh hop 20000; sleep 600`, 'kill -STOP $PPID; exec sleep 600'];
      for (const tree of trees) {
        await withRun(makeRun(via, tree), async (run) => {
          await run.launch();
          await run.running();
          await until('the tree to grow', async () => (await listTree(run.folder)).length >= 2);
          const { survivors } = await endTree(run.folder, { clock, graceMs: 100, timeoutMs: 60_000 });
          assert.deepEqual(survivors, [], tree);
          assert.equal((await run.state()).kind, 'ended', tree);
          const hops = join(run.folder, '../hops');
          const last = await readFile(hops, 'utf8').catch(() => '');
          await clock.sleep(50);
          assert.equal(await readFile(hops, 'utf8').catch(() => ''), last, 'it hops no more');
        });
      }
    },
  },
];

/** Of all processes that are no zombies, words ended by a space. */
async function commandLines(): Promise<string[]> {
  const rows = (await listProcesses()).filter((row) => !row.isZombie);
  const read = ({ pid }: { pid: number }) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return (await Promise.all(rows.map(read))).map((line) => line.replaceAll('\0', ' '));
}
