import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock } from '../../src/base/index.ts';
import {
  endTree,
  inspectRunFolder,
  type LaunchSpec,
  type LaunchWay,
  launch,
  listTree,
  prepareRunFolder,
  type RunFolderState,
  terminalCommand,
} from '../../src/domain/runs/launch/index.ts';
import { until } from './until.ts';

let lastRun = 0;

/** A run folder with real processes behind it. `starts` counts how often its agent began. */
export type TestRun = {
  readonly folder: string;
  readonly runId: string;
  readonly via: LaunchWay;
  readonly launch: () => Promise<void>;
  readonly state: () => Promise<RunFolderState>;
  readonly ended: () => Promise<Extract<RunFolderState, { kind: 'ended' }>>;
  readonly running: () => Promise<Extract<RunFolderState, { kind: 'running' }>>;
  readonly starts: () => Promise<number>;
  readonly out: () => Promise<string>;
  /** Changes the folder's own copy of the launcher: `command` runs right before step `step` (2–11; 11 is the end). */
  readonly atStep: (step: number, command: string) => Promise<void>;
  /** Ends the tree, asserts that nothing is left, and removes all files. */
  readonly remove: () => Promise<void>;
};

/** `script` is what the agent does after it has recorded its start; `$1`… are `args`. */
export async function makeRun(
  via: LaunchWay,
  script: string,
  options: Partial<LaunchSpec> & {
    readonly args?: readonly string[];
    readonly parent?: string;
    readonly limits?: { readonly memoryMax?: string };
    /** Where tmux is: the agent is in a terminal. */
    readonly tmux?: string;
    /** The last part of the name of the run's own folders. */
    readonly suffix?: string;
  } = {},
): Promise<TestRun> {
  const { tmux, suffix = '', ...spec } = options;
  const home = join(await mkdtemp(join(tmpdir(), "launch $test '")), suffix);
  await mkdir(home, { recursive: true });
  lastRun += 1;
  const runId = options.runId ?? `run_T${process.pid}X${lastRun}`;
  const folder = join(home, runId);
  const recorded = `echo "$$" >>"$STARTS"; ${script}`;
  const argv = ['/bin/sh', '-c', recorded, 'agent', ...(options.args ?? [])];
  const terminal = {
    argv: terminalCommand(folder, tmux ?? '', argv),
    hasTerminal: true,
    input: 'fifo',
  } as const;
  await prepareRunFolder(folder, {
    runId,
    argv,
    cwd: home,
    input: 'none',
    ...(tmux === undefined ? {} : terminal),
    ...spec,
    env: { PATH: '/usr/bin:/bin', STARTS: join(home, 'starts'), ...options.env },
  });
  const script0 = join(folder, 'launcher.sh');
  const original = await readFile(script0, 'utf8');
  const state = () => inspectRunFolder(folder);
  const reach = <K extends RunFolderState['kind']>(kind: K) =>
    until(`the run to be ${kind}`, async () => {
      const now = await state();
      return now.kind === kind && (now as Extract<RunFolderState, { kind: K }>);
    });
  return {
    folder,
    runId,
    via,
    launch: () => launch({ folder, runId, via, limits: options.limits ?? {} }),
    state,
    ended: () => reach('ended'),
    running: () =>
      until('the agent to be written down', async () => {
        const now = await state();
        return now.kind === 'running' && now.agent !== null && now;
      }),
    starts: async () => (await readFile(join(home, 'starts'), 'utf8').catch(() => '')).split('\n').length - 1,
    out: () => readFile(join(folder, 'out.log'), 'utf8'),
    atStep: (step, command) => {
      const mark = step === 11 ? /^exit 0$/m : new RegExp(`^# ${step}\\.`, 'm');
      if (!mark.test(original)) throw new Error(`The launcher has no step ${step}`);
      return writeFile(
        script0,
        original.replace(mark, (found) => `${command}\n${found}`),
        { mode: 0o600 },
      );
    },
    remove: async () => {
      const { survivors } = await endTree(folder, { clock, graceMs: 0, timeoutMs: 60_000 });
      if (survivors.length > 0) throw new Error(`Processes left behind: ${survivors.join(', ')}`);
      if ((await listTree(folder)).length > 0) throw new Error('Processes came back');
      // A unit that is only just ending may still write into it.
      await rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}
