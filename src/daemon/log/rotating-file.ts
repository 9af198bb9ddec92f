import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Clock, makePrivateFolders, toTimestamp } from '../../base/index.ts';
import { filesToRemove, formatLogFileName, type LogFile, parseLogFileName, sortLogFiles } from './files.ts';

/** Files besides the current one that are kept, whatever their size. */
export const maxLogFiles = 30;
/** A longer line is cut by the caller: journald would make several records of one beyond its `LineMax` of 48 KiB. */
export const maxLineBytes = 40 * 1024;
/** A file is this part of all bytes, so that removing the oldest leaves most of the story. */
const filesPerTotal = 8;
/** A file without any total to divide. */
const fileBytesWithoutLimit = 16 * 1024 * 1024;

export type RotatingFileOptions = {
  readonly folder: string;
  readonly clock: Clock;
  /** All files together, now; 0 = no limit. */
  readonly maxBytes: () => number;
};

/** Appends lines to the file of the day. Never throws: what cannot be written is counted and told once it can. */
export type RotatingFile = {
  /** A whole line with its line end. */
  readonly write: (line: string) => void;
  /** Lines lost so far, for example because the disk was full. */
  readonly dropped: () => number;
  /** True while the last line could not be written. */
  readonly isFailing: () => boolean;
  readonly close: () => void;
};

type Current = { readonly fd: number; readonly name: string; readonly day: string; bytes: number };

/**
 * Opens nothing until the first line. Each line is one synchronous append: a crash loses none that was logged before, and
 * a failed or short one is cut off again, so that every line in the file is whole.
 */
export function createRotatingFile(options: RotatingFileOptions): RotatingFile {
  const { folder, clock } = options;
  let current: Current | null = null;
  let dropped = 0;
  let untold = 0;
  let trimmedTo: number | null = null;

  const close = () => {
    if (current !== null) closeSync(current.fd);
    current = null;
  };
  const openFor = (day: string, bytes: number): Current => {
    const maxBytes = options.maxBytes();
    const fileBytes = fileLimit(maxBytes);
    const isOpen =
      current !== null && current.day === day && current.bytes + bytes <= fileBytes && isThere(current);
    if (current === null || !isOpen) {
      close();
      current = openNext({ folder, day, room: fileBytes - bytes });
      trimmedTo = null;
    }
    if (trimmedTo !== maxBytes) removeOld(folder, current.name, maxBytes);
    trimmedTo = maxBytes;
    return current;
  };
  const append = (line: string) => {
    const bytes = Buffer.from(line);
    const file = openFor(toTimestamp(clock.now()).slice(0, 10), bytes.length);
    writeWhole(file, bytes);
    file.bytes += bytes.length;
  };

  return {
    write: (line) => {
      try {
        if (untold > 0) {
          append(droppedLine(clock.now(), untold));
          untold = 0;
        }
        append(line);
      } catch {
        // A log must never take the daemon down: counted, told in `status` and here once the disk has room again.
        dropped++;
        untold++;
      }
    },
    dropped: () => dropped,
    isFailing: () => untold > 0,
    close,
  };
}

function droppedLine(now: number, lines: number): string {
  const time = toTimestamp(now);
  return `${JSON.stringify({ level: 'warn', time, msg: 'log lines could not be written', lines })}\n`;
}

function fileLimit(maxBytes: number): number {
  return maxBytes === 0
    ? fileBytesWithoutLimit
    : Math.max(2 * maxLineBytes, Math.floor(maxBytes / filesPerTotal));
}

/** False when somebody removed or replaced the file: writing on would go nowhere. */
function isThere({ fd }: Current): boolean {
  return fstatSync(fd).nlink > 0;
}

/** Goes on with the last file of the day if it has `room` left, else starts the next one. */
function openNext({ folder, day, room }: { folder: string; day: string; room: number }): Current {
  makePrivateFolders(folder);
  const last = sortLogFiles(
    listLogFiles(folder).filter(({ name }) => parseLogFileName(name)?.day === day),
  ).at(-1);
  const lastNumber = last === undefined ? 0 : (parseLogFileName(last.name)?.number ?? 0);
  const number = last !== undefined && last.bytes <= room ? lastNumber : lastNumber + 1;
  const name = formatLogFileName({ day, number });
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const fd = openSync(join(folder, name), flags, 0o600);
  const { size } = fstatSync(fd);
  return { fd, name, day, bytes: size + endTornLine(fd, size) };
}

/** After a power cut the last line may lack its end; the bytes that were added. */
function endTornLine(fd: number, size: number): number {
  const last = Buffer.alloc(1);
  if (size === 0 || (readSync(fd, last, 0, 1, size - 1) === 1 && last[0] === 0x0a)) return 0;
  return writeSync(fd, '\n');
}

function listLogFiles(folder: string): LogFile[] {
  return readdirSync(folder).flatMap((name) => {
    if (parseLogFileName(name) === null) return [];
    const info = statSync(join(folder, name), { throwIfNoEntry: false });
    return info === undefined ? [] : [{ name, bytes: info.size }];
  });
}

function removeOld(folder: string, current: string, maxBytes: number): void {
  const bytes = maxBytes === 0 ? Number.POSITIVE_INFINITY : Math.max(0, maxBytes - fileLimit(maxBytes));
  for (const name of filesToRemove(listLogFiles(folder), { bytes, files: maxLogFiles, current })) {
    rmSync(join(folder, name), { force: true });
  }
}

function writeWhole(file: Current, bytes: Buffer): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(file.fd, bytes, written);
  } catch (error) {
    if (written > 0) ftruncateSync(file.fd, file.bytes);
    throw error;
  }
}
