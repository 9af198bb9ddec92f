/**
 * base: the machine without any word of drover's domain: time, processes, files, logs, the nudge between writer and
 * readers. It promises small parts with one door each, and must not import anything but the platform.
 */
export { type AtomicFileOptions, syncFolder, writeFileAtomic } from './atomic-file.ts';
export { inBackground } from './background.ts';
export { type Bus, type BusListener, createBus } from './bus.ts';
export {
  type Clock,
  endOfLocalDay,
  localDay,
  startOfLocalDay,
  systemClock,
  toTimestamp,
} from './clock.ts';
export {
  type ControlGroup,
  type GroupUsage,
  listGroup,
  readControlGroups,
  readGroupUsage,
} from './control-group.ts';
export { fileDescriptorRoom, fileDescriptors } from './fd-limit.ts';
export { createHistogram, type Histogram, type HistogramReading } from './histogram.ts';
export { isListening } from './is-listening.ts';
export {
  beginLastWords,
  keptLastWordsBytes,
  type LastWords,
  maxLastWordsBytes,
  readLastWords,
} from './last-words.ts';
export { type Log, type LogFields, silentLog } from './log.ts';
export { createLoopLagMeter, type LoopLag, type LoopLagMeter } from './loop-lag.ts';
export { createMutex, type Mutex } from './mutex.ts';
export { newestPid, readLockLimit } from './newborn.ts';
export { openIfThere } from './open-if-there.ts';
export {
  computePaths,
  defaultProfile,
  detachedVariable,
  isProfileName,
  maxSocketPathBytes,
  type PathFlags,
  type PathInput,
  type Paths,
  profileOf,
} from './paths.ts';
export { makePrivateFolders } from './private-folders.ts';
export {
  bootId,
  isAlive,
  type ProcessIdentity,
  type ProcessRow,
  parseProcStat,
  readIdentity,
  readProcess,
  readRow,
} from './process-identity.ts';
export { listProcesses, readEnvironmentMarks } from './process-table.ts';
export { settleMemory } from './settle-memory.ts';
export { settledWithin } from './settled-within.ts';
export {
  type CommandResult,
  type DetachedOptions,
  type RunCommandOptions,
  runCommand,
  runOnTerminal,
  spawnDetached,
} from './spawn.ts';
