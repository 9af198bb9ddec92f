import type { OutputPiece } from '../../agents/index.ts';

/** The longest text of one output event, in bytes (contract §10.3). */
export const maxPieceBytes = 64 * 2 ** 10;

/** Pieces of one batch at most, so that one commit never holds the event loop for long. */
export const maxBatchPieces = 1000;

export type CutOptions = {
  readonly stream: OutputPiece['stream'];
  /** Where the buffer begins in the raw file. */
  readonly offset: number;
  /** Nothing will follow: what has no newline is a last line. */
  readonly isEnd: boolean;
  /** A longer line is cut into pieces. */
  readonly maxLineBytes: number;
  /** Several complete lines may share a piece, up to `maxPieceBytes`: for a reader that is behind. */
  readonly coalesce: boolean;
};

/** Cuts raw bytes into pieces: complete lines, and pieces of lines that are too long. `consumed` is where the next cut begins. */
export function cutPieces(
  buffer: Buffer,
  options: CutOptions,
): { readonly pieces: readonly OutputPiece[]; readonly consumed: number } {
  const pieces: OutputPiece[] = [];
  let position = 0;
  while (position < buffer.length && pieces.length < maxBatchPieces) {
    const cut = nextCut(buffer, position, options);
    if (cut === null) break;
    const hasNewline = buffer[cut.end - 1] === 0x0a;
    pieces.push({
      stream: options.stream,
      text: buffer.toString('utf8', position, hasNewline ? cut.end - 1 : cut.end),
      offset: options.offset + position,
      bytes: cut.end - position,
      partial: cut.partial,
    });
    position = cut.end;
  }
  return { pieces, consumed: position };
}

function nextCut(
  buffer: Buffer,
  position: number,
  options: CutOptions,
): { end: number; partial: boolean } | null {
  const newline = buffer.indexOf(0x0a, position);
  const lineEnd = newline === -1 ? buffer.length : newline + 1;
  if (lineEnd - position > options.maxLineBytes) {
    return { end: characterBoundary(buffer, position + options.maxLineBytes), partial: true };
  }
  if (newline === -1) return options.isEnd ? { end: lineEnd, partial: false } : null;
  if (!options.coalesce) return { end: lineEnd, partial: false };
  const last = buffer.lastIndexOf(0x0a, Math.min(position + maxPieceBytes, buffer.length) - 1);
  return { end: Math.max(lineEnd, last + 1), partial: false };
}

/** The last place at or before `end` where a UTF-8 character begins, so that no character is cut in two. */
function characterBoundary(buffer: Buffer, end: number): number {
  for (let back = 0; back < 4; back += 1) {
    const byte = buffer[end - back];
    if (byte === undefined || (byte & 0xc0) !== 0x80) return end - back;
  }
  return end; // not UTF-8 at all
}
