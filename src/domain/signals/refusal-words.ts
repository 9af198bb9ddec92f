import { maxSignalBytes } from '../../contract/index.ts';
import type { Refusal, UntrustedEntry } from '../../foundation/untrusted/index.ts';

/** Why a file was put away, as it is written beside it. */
export const outOfGrammar = 'its name is not that of a signal';
export const notUtf8 = 'it is not UTF-8';
/** Of what stands at a signal's name; null for a file. */
export const kindWords: Readonly<Record<UntrustedEntry['kind'], string | null>> = {
  file: null,
  folder: 'it is a folder',
  link: 'it is a symbolic link',
  other: 'it is a pipe, a socket or a device',
};
/**
 * Of a file that was not read, where it is surely the file's fault. A link is not among them: it may be a folder above that
 * is one now, and the next look tells.
 */
export const refusalWords: Readonly<Partial<Record<Refusal, string>>> = {
  not_a_file: 'it is not a regular file',
  hard_linked: 'it has a second name elsewhere (a hard link)',
  too_large: `it is larger than ${maxSignalBytes / 1024} KiB`,
  unreadable: 'it cannot be read',
};
