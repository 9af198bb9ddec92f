import { writeNewUntrusted } from '../../foundation/untrusted/index.ts';

/** The folders of a checkout or a worktree that signals are read from. */
export const signalFolders = ['.drover/signals', '.kasmos/signals'] as const;

/** What git is asked about: a link or a submodule may stand there instead. */
export const signalParents: readonly string[] = signalFolders.map((folder) =>
  folder.slice(0, folder.indexOf('/')),
);

/** Where a signal is written before it is renamed into its folder. */
const stagingFolder = 'staging';
/** Where claimed signals wait until they were applied. */
export const processingFolder = 'processing';
/** Where refused ones are put away. */
export const failedFolder = 'failed';

/** One signal folder of one checkout. */
export type Place = { readonly root: string; readonly folder: string };

/** True for what stands in a signal folder and is no signal: our own folders, and dotfiles. */
export function isOurs(name: Buffer): boolean {
  const text = name.toString('latin1');
  return text.startsWith('.') || [stagingFolder, processingFolder, failedFolder].includes(text);
}

/** Makes the signal folder of a work tree of ours, so that it is watched before anything is said there. */
export async function makeSignalFolder(root: string): Promise<void> {
  // A name that begins with a dot says nothing; what is there already, or cannot be made, is left as it is.
  await writeNewUntrusted(root, `${signalFolders[0]}/.keep`, { bytes: Buffer.alloc(0), mode: 0o644 });
}
