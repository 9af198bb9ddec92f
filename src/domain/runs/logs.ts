import type { FileHandle } from 'node:fs/promises';
import { openIfThere } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import { outputPieces, type RunRow, type Store } from '../../foundation/store/index.ts';

/**
 * `stdout`, `stderr`: the raw files. `transcript`: the raw protocol, which is stdout. `process`: what the process said
 * besides the protocol, both streams in the order of the journal.
 */
export type LogType = 'process' | 'stdout' | 'stderr' | 'transcript';

export type LogOptions = {
  readonly type: LogType;
  /** Only the last lines. */
  readonly tail: number | undefined;
  /** Begin at this byte of a raw file; not for `process`. */
  readonly offset: number | undefined;
};

/** A log as it stood when it was opened, and where what comes later begins: a seq for `process`, else a byte. */
export type OpenLog = {
  readonly bytes: ReadableStream<Uint8Array>;
  readonly next: { readonly kind: 'seq' | 'offset'; readonly value: number };
};

type LogDeps = {
  readonly store: Store;
  readonly outputFile: (runId: string, stream: 'stdout' | 'stderr') => string;
};

const chunkBytes = 64 * 2 ** 10;
const pagePieces = 500;

/** Opens the log of a run; it is read as the reader takes it. Throws `invalid_request` for an offset that cannot be. */
export async function openLog(deps: LogDeps, run: RunRow, options: LogOptions): Promise<OpenLog> {
  const { type, tail, offset } = options;
  if (offset !== undefined && (type === 'process' || tail !== undefined)) {
    throw new AppError('invalid_request', 'An offset goes with a raw log alone, without tail', {
      hint: 'use type=stdout, stderr or transcript',
    });
  }
  if (type === 'process') {
    const upTo = deps.store.lastSeq();
    return {
      bytes: ReadableStream.from(processBytes(deps, run, { tail, upTo })),
      next: { kind: 'seq', value: upTo },
    };
  }
  const path = deps.outputFile(run.id, type === 'stderr' ? 'stderr' : 'stdout');
  const end = await sizeOf(path);
  const bytes = ReadableStream.from(fileBytes(path, { tail, offset: offset ?? 0, end }));
  return { bytes, next: { kind: 'offset', value: end } };
}

async function sizeOf(path: string): Promise<number> {
  const file = await openIfThere(path);
  if (file === null) return 0;
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

type FileRange = { readonly tail: number | undefined; readonly offset: number; readonly end: number };

async function* fileBytes(path: string, { tail, offset, end }: FileRange): AsyncGenerator<Uint8Array> {
  const file = await openIfThere(path);
  if (file === null) return;
  try {
    let position = tail === undefined ? offset : await startOfTail(file, end, tail);
    while (position < end) {
      const chunk = await readRange(file, position, Math.min(chunkBytes, end - position));
      if (chunk.length === 0) return;
      yield chunk;
      position += chunk.length;
    }
  } finally {
    await file.close();
  }
}

/** Where the last `lines` lines begin, found by reading backwards. */
async function startOfTail(file: FileHandle, end: number, lines: number): Promise<number> {
  if (lines === 0) return end;
  let found = 0;
  for (let position = end; position > 0; ) {
    const size = Math.min(chunkBytes, position);
    const chunk = await readRange(file, position - size, size);
    for (let index = chunk.length - 1; index >= 0; index -= 1) {
      const isLastByte = position - size + index === end - 1;
      if (chunk[index] !== 0x0a || isLastByte) continue;
      found += 1;
      if (found === lines) return position - size + index + 1;
    }
    position -= size;
  }
  return 0;
}

type Span = { readonly tail: number | undefined; readonly upTo: number };
type Piece = ReturnType<typeof outputPieces>[number];

async function* processBytes(
  { store, outputFile }: LogDeps,
  run: RunRow,
  { tail, upTo }: Span,
): AsyncGenerator<Uint8Array> {
  const files = new Map<string, FileHandle | null>();
  const read = async (piece: Piece) => {
    if (!files.has(piece.stream))
      files.set(piece.stream, await openIfThere(outputFile(run.id, piece.stream)));
    const file = files.get(piece.stream) ?? null;
    return file === null ? Buffer.alloc(0) : readRange(file, piece.offset, piece.bytes);
  };
  const pagesBefore = (before: number) =>
    store.read((sql) => outputPieces(sql, run.key, { after: null, upTo: before, limit: pagePieces }));
  try {
    const start =
      tail === undefined
        ? { after: 0, skip: 0 }
        : await startOfPieces({ pagesBefore, read, upTo, lines: tail });
    let { skip } = start;
    for (let { after } = start; ; ) {
      const pieces = store.read((sql) => outputPieces(sql, run.key, { after, upTo, limit: pagePieces }));
      for (const piece of pieces) {
        yield (await read(piece)).subarray(skip);
        skip = 0;
      }
      const last = pieces.at(-1);
      if (last === undefined) return;
      after = last.seq;
    }
  } finally {
    for (const file of files.values()) await file?.close();
  }
}

type Backwards = {
  /** Pieces up to this seq, oldest first: the last ones there are. */
  readonly pagesBefore: (upTo: number) => readonly Piece[];
  readonly read: (piece: Piece) => Promise<Buffer>;
  readonly upTo: number;
  readonly lines: number;
};

/** After which seq, and how many bytes into the next piece, the last `lines` lines begin. A piece may hold many lines, or a part of one. */
async function startOfPieces({
  pagesBefore,
  read,
  upTo,
  lines,
}: Backwards): Promise<{ after: number; skip: number }> {
  if (lines === 0) return { after: upTo, skip: 0 };
  let found = 0;
  let isLastByte = true;
  for (let before = upTo; ; ) {
    const pieces = pagesBefore(before);
    for (const piece of pieces.toReversed()) {
      const bytes = await read(piece);
      for (let index = bytes.length - 1; index >= 0; index -= 1) {
        const isEndOfLine = bytes[index] === 0x0a && !isLastByte;
        isLastByte = false;
        if (!isEndOfLine) continue;
        found += 1;
        if (found === lines) return { after: piece.seq - 1, skip: index + 1 };
      }
    }
    const first = pieces[0];
    if (first === undefined) return { after: 0, skip: 0 };
    before = first.seq - 1;
  }
}

async function readRange(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
