import type { FileHandle } from 'node:fs/promises';
import { openIfThere } from '../../base/index.ts';
import type { EventRow } from '../../foundation/store/index.ts';

/** Where the raw output of a run stands. */
export type OutputFile = (runId: string, stream: 'stdout' | 'stderr') => string;

/**
 * The texts of output events, read from the runs' own files: each file is opened once, neighbouring pieces are read at
 * once. A file that is gone (removed by hand) gives empty texts.
 */
export async function readOutputTexts(
  rows: readonly EventRow[],
  outputFile: OutputFile,
): Promise<ReadonlyMap<number, string>> {
  const texts = new Map<number, string>();
  for (const [path, pieces] of groupByFile(rows, outputFile)) {
    const file = await openIfThere(path);
    if (file === null) continue;
    try {
      for (const span of spansOf(pieces)) await readSpan(file, span, texts);
    } finally {
      await file.close();
    }
  }
  return texts;
}

/** Pieces up to this many bytes together are read in one go. */
const maxSpanBytes = 2 ** 20;

function groupByFile(rows: readonly EventRow[], outputFile: OutputFile): ReadonlyMap<string, EventRow[]> {
  const groups = new Map<string, EventRow[]>();
  for (const row of rows) {
    if (row.data !== null || row.runId === null) continue;
    const path = outputFile(row.runId, row.type === 'output.stdout' ? 'stdout' : 'stderr');
    const group = groups.get(path);
    if (group === undefined) groups.set(path, [row]);
    else group.push(row);
  }
  return groups;
}

type Span = { readonly offset: number; bytes: number; readonly rows: EventRow[] };

function spansOf(rows: readonly EventRow[]): readonly Span[] {
  const spans: Span[] = [];
  for (const row of rows) {
    const last = spans.at(-1);
    if (
      last !== undefined &&
      last.offset + last.bytes === row.fileOffset &&
      last.bytes + row.fileBytes <= maxSpanBytes
    ) {
      last.bytes += row.fileBytes;
      last.rows.push(row);
    } else spans.push({ offset: row.fileOffset, bytes: row.fileBytes, rows: [row] });
  }
  return spans;
}

async function readSpan(file: FileHandle, span: Span, texts: Map<number, string>): Promise<void> {
  const buffer = Buffer.allocUnsafe(span.bytes);
  const { bytesRead } = await file.read(buffer, 0, span.bytes, span.offset);
  for (const row of span.rows) {
    const start = row.fileOffset - span.offset;
    texts.set(row.seq, pieceText(buffer.subarray(start, Math.min(start + row.fileBytes, bytesRead))));
  }
}

/** A piece's text: invalid UTF-8 replaced, without the newline that ends it. */
export function pieceText(bytes: Buffer): string {
  const end = bytes.at(-1) === 0x0a ? bytes.length - 1 : bytes.length;
  return bytes.toString('utf8', 0, end);
}
