/**
 * untrusted: the one door to files inside a repository. It owns opening, listing, making, moving, removing and watching
 * them, promises that no link, device, pipe or path trick leads outside the root and that no file is larger than asked
 * for, and must not know what the files mean.
 */
export type { MakeFolders } from './folder.ts';
export { isInside } from './is-inside.ts';
export { type ListRefusal, type ListResult, listUntrusted, type UntrustedEntry } from './list.ts';
export { type MoveRefusal, type MoveResult, moveUntrusted } from './move.ts';
export { type ReadResult, type ReadUntrustedOptions, type Refusal, readUntrusted } from './read.ts';
export { relativeParts, type UntrustedPath } from './relative-parts.ts';
export {
  maxRemovedDepth,
  maxRemovedEntries,
  type RemoveRefusal,
  type RemoveResult,
  removeUntrusted,
} from './remove.ts';
export {
  identifyUntrusted,
  type UntrustedWatch,
  type WatchRefusal,
  type WatchResult,
  watchUntrusted,
} from './watch.ts';
export {
  type WriteRefusal,
  type WriteResult,
  type WriteUntrustedOptions,
  writeNewUntrusted,
} from './write.ts';
