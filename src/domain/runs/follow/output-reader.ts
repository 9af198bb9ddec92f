import type { FileHandle } from 'node:fs/promises';
import { openIfThere } from '../../../base/index.ts';
import type { Adapter, OutputPiece } from '../../agents/index.ts';
import { cutPieces, maxPieceBytes } from './pieces.ts';

/** How much of a file is read in one go, unless one line needs more. */
const windowBytes = 256 * 2 ** 10;

export type OutputBatch = {
  readonly pieces: readonly OutputPiece[];
  /** Where the next batch begins: stored in the transaction that journals the pieces. */
  readonly nextOffset: number;
  /** Bytes before `nextOffset` that were left out because the line was too long for the adapter. */
  readonly dropped: { readonly offset: number; readonly bytes: number } | null;
};

export type OutputReaderOptions = {
  readonly path: string;
  readonly stream: OutputPiece['stream'];
  readonly offset: number;
  readonly line: Adapter<unknown>['stdoutLine'];
  readonly coalesce: boolean;
};

/** Reads one growing file of a run, from a stored offset, a bounded batch at a time. */
export type OutputReader = {
  /** The next batch, or null when there is nothing complete yet. `isEnd`: the file will not grow any more. */
  readonly next: (isEnd: boolean) => Promise<OutputBatch | null>;
  /** Goes on after what was committed. */
  readonly advance: (offset: number) => void;
  readonly offset: () => number;
  /** Bytes in the file now; 0 when it is not there yet. */
  readonly size: () => Promise<number>;
  readonly close: () => Promise<void>;
};

/** Makes a reader. The file may not exist yet. */
export function createOutputReader(options: OutputReaderOptions): OutputReader {
  let file: FileHandle | null = null;
  let offset = options.offset;
  const { stream, line } = options;
  const maxLineBytes = line.beyond === 'split' ? Math.min(line.maxBytes, maxPieceBytes) : line.maxBytes;

  const size = async () => {
    file ??= await openIfThere(options.path);
    return file === null ? 0 : (await file.stat()).size;
  };

  const read = async (from: number, bytes: number) => {
    const buffer = Buffer.allocUnsafe(bytes);
    const { bytesRead } = (await file?.read(buffer, 0, bytes, from)) ?? { bytesRead: 0 };
    return buffer.subarray(0, bytesRead);
  };

  const next = async (isEnd: boolean): Promise<OutputBatch | null> => {
    const waiting = (await size()) - offset;
    if (waiting <= 0) return null;
    for (
      let window = Math.min(waiting, windowBytes);
      ;
      window = Math.min(waiting, window * 4, maxLineBytes + 1)
    ) {
      const buffer = await read(offset, window);
      const isLast = isEnd && window === waiting;
      if (line.beyond === 'drop' && stream === 'stdout' && !fitsALine(buffer, maxLineBytes)) {
        return dropLine({ offset, waiting, isEnd, read });
      }
      const { pieces, consumed } = cutPieces(buffer, {
        stream,
        offset,
        isEnd: isLast,
        maxLineBytes,
        coalesce: options.coalesce && waiting > windowBytes,
      });
      if (consumed > 0) return { pieces, nextOffset: offset + consumed, dropped: null };
      if (window >= waiting || buffer.length < window) return null;
    }
  };

  return {
    next,
    advance: (to) => {
      offset = to;
    },
    offset: () => offset,
    size,
    close: async () => {
      await file?.close();
      file = null;
    },
  };
}

/** False when the buffer begins with a line that is longer than an adapter takes. */
function fitsALine(buffer: Buffer, maxLineBytes: number): boolean {
  const newline = buffer.indexOf(0x0a);
  return (newline === -1 ? buffer.length : newline) <= maxLineBytes;
}

type DropOptions = {
  readonly offset: number;
  readonly waiting: number;
  readonly isEnd: boolean;
  readonly read: (from: number, bytes: number) => Promise<Buffer>;
};

/** Finds the end of a line that is left out. Null while the line has none yet. */
async function dropLine({ offset, waiting, isEnd, read }: DropOptions): Promise<OutputBatch | null> {
  for (let scanned = 0; scanned < waiting; ) {
    const buffer = await read(offset + scanned, Math.min(windowBytes, waiting - scanned));
    if (buffer.length === 0) break;
    const newline = buffer.indexOf(0x0a);
    if (newline !== -1) return dropped(offset, scanned + newline + 1);
    scanned += buffer.length;
  }
  return isEnd ? dropped(offset, waiting) : null;
}

function dropped(offset: number, bytes: number): OutputBatch {
  return { pieces: [], nextOffset: offset + bytes, dropped: { offset, bytes } };
}
