import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Log } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import type { RunRow } from '../../foundation/store/index.ts';
import {
  assertTerminalFits,
  attachCommand,
  detectLauncher,
  endTree,
  exists,
  inspectRunFolder,
  type LauncherChoice,
  launch,
  loadScripts,
  openInput,
  prepareRunFolder,
  type RunFolderState,
  requestEndOfInput,
  runFiles,
  terminalCommand,
  unitResult,
  voidLaunch,
} from './launch/index.ts';
import type { FolderState, LaunchPort } from './ports.ts';

export type LaunchPortOptions = {
  readonly runsFolder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** What the run's stdin is. */
  readonly inputOf: (run: RunRow) => 'fifo' | 'none';
  /** Where tmux is, for runs in a terminal. Throws `agent_unknown` where it is not installed. */
  readonly findTmux: () => string;
  /** How to launch here; asked at each launch. */
  readonly chooseWay?: () => Promise<LauncherChoice>;
};

/** After the grace, how long the kernel and the manager may take before what is left is an error. */
const endTreeExtraMs = 10_000;
const endOfInputMs = 5_000;
/** An agent that does not read its stdin for this long is given up on as a reader. */
const inputTimeoutMs = 600_000;

/** The launcher as the engine sees it: by run instead of by folder. */
export function createLaunchPort(options: LaunchPortOptions): LaunchPort {
  const { runsFolder, clock, log, inputOf, findTmux, chooseWay = () => detectLauncher() } = options;
  loadScripts();
  const folder = (runId: string) => join(runsFolder, runId);
  // An error stays one: taken for absent, the folder of a live run would be written anew.
  const isPrepared = (run: RunRow) => exists(folder(run.id), runFiles.meta);
  return {
    folder,
    assertTerminal: (runId) => {
      findTmux();
      assertTerminalFits(folder(runId));
    },
    attachCommand: (runId) => attachCommand(folder(runId)),
    outputFile: (runId, stream) =>
      join(folder(runId), stream === 'stdout' ? runFiles.stdout : runFiles.stderr),
    isPrepared,
    prepare: async (run, { cwd, argv, env, stdin, setUp }) => {
      await mkdir(runsFolder, { recursive: true, mode: 0o700 });
      await rm(folder(run.id), { recursive: true, force: true }); // without its meta.json nothing was ever launched from it
      const hasTerminal = run.runtime === 'terminal';
      const { droppedVariables } = await prepareRunFolder(folder(run.id), {
        runId: run.id,
        argv: hasTerminal ? terminalCommand(folder(run.id), findTmux(), argv) : argv,
        cwd,
        env,
        input: inputOf(run),
        ...(stdin !== undefined && { stdin }),
        hasTerminal,
        ...(setUp !== undefined && { setUp }),
      });
      if (droppedVariables.length > 0)
        log.warn('variables that a shell cannot hand on were left out', {
          run: run.id,
          names: droppedVariables,
        });
    },
    launch: async (run) => {
      const choice = await chooseWay();
      if (choice.kind === 'unavailable') throw new AppError('busy', `Cannot launch: ${choice.reason}`);
      await launch({ folder: folder(run.id), runId: run.id, via: choice.via });
      return { launchedBy: choice.via };
    },
    inspect: async (run) => {
      if (await isPrepared(run)) return viewState(await inspectRunFolder(folder(run.id)));
      if (run.launchedBy === null) return { kind: 'unclaimed' };
      return { kind: 'vanished', reason: 'The folder of the run is gone', pid: null };
    },
    voidLaunch: async (run) => {
      if (!(await isPrepared(run))) return true;
      return (await voidLaunch(folder(run.id))) === 'voided';
    },
    requestEndOfInput: async (run) => {
      await requestEndOfInput(folder(run.id), { clock, timeoutMs: endOfInputMs });
    },
    openInput: async (run, { isFresh }) => {
      const input = await openInput(folder(run.id), { clock, isFresh });
      return {
        write: (line, signal) => input.write(`${line}\n`, { timeoutMs: inputTimeoutMs, signal }),
        close: input.close,
      };
    },
    endTree: async (run, { graceMs }) => {
      if (run.launchedBy === null && !(await isPrepared(run))) return;
      const { survivors } = await endTree(folder(run.id), {
        clock,
        graceMs,
        timeoutMs: graceMs + endTreeExtraMs,
      });
      if (survivors.length > 0)
        throw new AppError('timeout', `Processes of ${run.id} are still there: ${survivors.join(', ')}`);
    },
    verdict: async (run) => {
      if (run.launchedBy !== 'systemd') return null;
      const known = await unitResult(run.id, clock);
      return known?.result === 'oom-kill' ? 'out_of_memory' : null;
    },
  };
}

function viewState(state: RunFolderState): FolderState {
  switch (state.kind) {
    case 'unclaimed':
    case 'claimed':
      return { kind: state.kind };
    case 'running':
      return { kind: 'running', pid: state.agent?.pid ?? null };
    case 'ended':
      return {
        kind: 'ended',
        exitCode: state.exit.status,
        wasStopped: state.exit.wasStopped,
        signal: state.exit.signal === null ? null : `SIG${state.exit.signal}`,
        ...(state.setUpFailure === null ? {} : { setUpFailure: state.setUpFailure }),
        pid: state.agent?.pid ?? null,
      };
    case 'vanished':
      return {
        kind: 'vanished',
        reason: state.mayHaveStarted
          ? 'The machine went down or the process vanished without a recorded exit'
          : 'The launch was cut short before the agent started',
        pid: state.agent?.pid ?? null,
      };
  }
}
