/**
 * untrusted: the one door to files inside a repository. It owns opening and making them, promises that no link, device, pipe or
 * path trick leads outside the root and that no file is larger than asked for, and must not know what the files mean.
 */
export { isInside } from './is-inside.ts';
export { type ReadResult, type ReadUntrustedOptions, type Refusal, readUntrusted } from './read.ts';
export { relativeParts } from './relative-parts.ts';
export { type WriteRefusal, type WriteResult, writeNewUntrusted } from './write.ts';
