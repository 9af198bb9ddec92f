/**
 * A stand-in for the daemon, as small as can be: launches the run of a folder once, follows its output, and commits
 * lines and offset together. `node follower.ts FOLDER WAY [POINT]`: kills itself with -9 at POINT.
 */
import { open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock as clock } from '../../src/base/index.ts';
import {
  inspectRunFolder,
  type LaunchWay,
  launch,
  readMeta,
  settleLaunch,
} from '../../src/domain/runs/launch/index.ts';

/** The stand-in for the store: all of it is one commit. */
type Committed = {
  readonly offset: number;
  readonly lines: readonly string[];
  readonly end: { readonly kind: string; readonly status: number | null } | null;
};

async function follow(folder: string, way: LaunchWay, point: string | undefined): Promise<void> {
  const dieAt = (name: string) => {
    if (point === name) process.kill(process.pid, 'SIGKILL');
  };
  const path = join(folder, '..', 'committed.json');
  let committed = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as Committed,
    () => ({ offset: 0, lines: [], end: null }) as Committed,
  );
  const commit = async (next: Committed) => {
    await writeFile(`${path}.tmp`, JSON.stringify(next));
    if (next.lines.length > 0) dieAt('mid-commit');
    await rename(`${path}.tmp`, path);
    committed = next;
  };

  if ((await inspectRunFolder(folder)).kind === 'unclaimed') {
    dieAt('before-launch');
    const { runId } = await readMeta(folder);
    await launch({ folder, runId, via: way });
    dieAt('after-launch');
  }
  await settleLaunch(folder, { clock, timeoutMs: 60_000 });
  const output = await open(join(folder, 'out.log'), 'r');
  while (committed.end === null) {
    const state = await inspectRunFolder(folder); // before the read: what is there then is all there will be
    const buffer = Buffer.alloc(64);
    const { bytesRead } = await output.read(buffer, 0, buffer.length, committed.offset);
    const text = buffer.subarray(0, bytesRead).toString('latin1');
    const whole = text.lastIndexOf('\n') + 1;
    if (whole < bytesRead) dieAt('mid-line');
    if (whole > 0) {
      const lines = [...committed.lines, ...text.slice(0, whole - 1).split('\n')];
      await commit({ ...committed, offset: committed.offset + whole, lines });
      if (lines.at(-1) === 'last') dieAt('before-exit');
    } else if (state.kind === 'ended' && bytesRead === 0) {
      await commit({ ...committed, end: { kind: state.kind, status: state.exit.status } });
    } else if (state.kind === 'vanished') {
      await commit({ ...committed, end: { kind: state.kind, status: null } });
    } else await clock.sleep(2);
  }
  await output.close();
}

const [folder, way, point] = process.argv.slice(2);
if (folder === undefined) throw new Error('Which folder?');
await follow(folder, way as LaunchWay, point);
