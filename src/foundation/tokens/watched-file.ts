import { type BigIntStats, statSync } from 'node:fs';
import type { Clock } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import { digest } from './hash.ts';
import { readTokenFile, type TokenFile } from './read-token-file.ts';

/**
 * A file changed this short before it was read may change again without a new time stamp (file systems count in steps of
 * some milliseconds): it is read again next time, whatever `stat` says.
 */
export const settledAfterMs = 2000;

/** A token file that is looked at again on each use. */
export type WatchedFile = {
  readonly file: TokenFile;
  /** The digest of the token of the last good read. */
  readonly current: () => Buffer;
  /** Reads again if the file may have changed. Returns what is wrong now, or null; the last good token stays. */
  readonly refresh: () => AppError | null;
  /** Puts the last good token back: the new one is not acceptable beside the other. */
  readonly rollBack: (to: Buffer) => void;
};

/** Reads the file for the first time. Throws `token_file_invalid`. */
export function watchFile(file: TokenFile, clock: Clock): WatchedFile {
  let seen = identify(file.path, clock);
  let good = digest(readTokenFile(file));
  let problem: AppError | null = null;

  const refresh = () => {
    const now = identify(file.path, clock);
    // One that was refused is read each time, so that the warning goes as soon as its cause does.
    if (problem === null && now !== null && now === seen) return null;
    seen = now;
    try {
      good = digest(readTokenFile(file));
      problem = null;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      problem = error;
    }
    return problem;
  };
  return {
    file,
    current: () => good,
    refresh,
    rollBack: (to) => {
      good = to;
      seen = null; // so that the next use looks again
    },
  };
}

/** What changes when the file does; null when it cannot be told. */
function identify(path: string, clock: Clock): string | null {
  let info: BigIntStats;
  try {
    info = statSync(path, { bigint: true });
  } catch {
    return null; // reading it will say why
  }
  const changedMs = Number(info.ctimeNs / 1_000_000n);
  if (Math.abs(clock.now() - changedMs) < settledAfterMs) return null;
  return [info.dev, info.ino, info.size, info.mtimeNs, info.ctimeNs, info.mode, info.uid].join(' ');
}
