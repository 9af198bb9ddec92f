import { fstatSync } from 'node:fs';
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
  const { stream, line } = options;
  const mayDrop = stream === 'stdout' && line.beyond === 'drop';
  const maxLineBytes = mayDrop ? line.maxBytes : Math.min(line.maxBytes, maxPieceBytes);
  let file: FileHandle | null = null;
  let offset = options.offset;
  /** No newline stands between `offset` and here: a long line that grows is not searched from its beginning each time. */
  let searched = options.offset;

  const size = async () => {
    file ??= await openIfThere(options.path);
    return file === null ? 0 : fstatSync(file.fd).size;
  };

  const read = async (from: number, bytes: number) => {
    const buffer = Buffer.allocUnsafe(bytes);
    const { bytesRead } = (await file?.read(buffer, 0, bytes, from)) ?? { bytesRead: 0 };
    return buffer.subarray(0, bytesRead);
  };

  /** Where the first line from `offset` ends, its newline included; null while it has none. */
  const endOfLine = async (end: number): Promise<number | null> => {
    while (searched < end) {
      const buffer = await read(searched, Math.min(windowBytes, end - searched));
      if (buffer.length === 0) return null;
      const newline = buffer.indexOf(0x0a);
      if (newline !== -1) return searched + newline + 1;
      searched += buffer.length;
    }
    return null;
  };

  const cut = async (bytes: number, isEnd: boolean): Promise<OutputBatch | null> => {
    const waiting = (await size()) - offset;
    const { pieces, consumed } = cutPieces(await read(offset, bytes), {
      stream,
      offset,
      isEnd: isEnd && bytes === waiting,
      maxLineBytes: mayDrop ? bytes : maxLineBytes,
      coalesce: options.coalesce && waiting > windowBytes,
    });
    return consumed === 0 ? null : { pieces, nextOffset: offset + consumed, dropped: null };
  };

  const next = async (isEnd: boolean): Promise<OutputBatch | null> => {
    const end = await size();
    if (end <= offset) return null;
    const isOpenLine = mayDrop && searched > offset;
    const window = mayDrop ? Math.min(windowBytes, maxLineBytes) : windowBytes;
    const batch = isOpenLine ? null : await cut(Math.min(end - offset, window), isEnd);
    if (batch !== null || !mayDrop) return batch;
    // The first line is longer than a window, or not written whole yet.
    const lineEnd = await endOfLine(end);
    if (lineEnd === null && !isEnd) return null;
    const bytes = (lineEnd ?? end) - offset;
    const isTooLong = bytes - (lineEnd === null ? 0 : 1) > maxLineBytes;
    return isTooLong ? dropped(offset, bytes) : cut(bytes, isEnd);
  };

  return {
    next,
    advance: (to) => {
      offset = to;
      searched = Math.max(searched, to);
    },
    offset: () => offset,
    size,
    close: async () => {
      await file?.close();
      file = null;
    },
  };
}

function dropped(offset: number, bytes: number): OutputBatch {
  return { pieces: [], nextOffset: offset + bytes, dropped: { offset, bytes } };
}
