/**
 * The run's folder and its launcher: owns the layout of the folder, starts the launcher, tells what became of a run, and
 * ends its processes. It promises that an agent is started at most once per folder and that the daemon may be killed at
 * any instant (docs/adr/0001). It must not know of the store, of events or of agents' protocols.
 */
export { type EndTreeOptions, endTree } from './end-tree.ts';
export {
  type LaunchSpec,
  layoutVersion,
  loadScripts,
  prepareRunFolder,
  type RunFolderMeta,
  readMeta,
  runFiles,
  runMark,
} from './folder.ts';
export { openInput, type RunInput, requestEndOfInput, type WaitOptions } from './input.ts';
export { exists, inspectRunFolder, type RunExit, type RunFolderState } from './inspect.ts';
export { listTree } from './members.ts';
export { detectLauncher, type LauncherChoice, type LaunchOptions, type LaunchWay, launch } from './start.ts';
export { type UnitLimits, type UnitResult, unitName, unitResult } from './systemd.ts';
export { assertTerminalFits, attachCommand, terminalCommand } from './terminal.ts';
export { createTreeReader, type TreeReader, type TreeUsage } from './tree-usage.ts';
export { settleLaunch, voidLaunch } from './void.ts';
