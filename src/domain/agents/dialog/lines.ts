import type { OutputPiece } from '../adapter.ts';
import { lastWords, maxEventChars, oneLine } from '../bounded.ts';
import { type AnyDialog, emit, notice, update, type Work } from './work.ts';

/** A message of the agent longer than this is skipped: nothing drover needs is that long. */
export const maxLineBytes = 8 * 2 ** 20;

/** Reads a piece: stderr becomes output, each line of stdout goes to `onLine`, which says whether it was a message. */
export function readPiece<State extends AnyDialog>(
  work: Work<State>,
  piece: OutputPiece,
  onLine: (work: Work<State>, line: string) => boolean,
): void {
  const base: Work<AnyDialog> = work;
  if (piece.stream === 'stderr') {
    const { text, offset, bytes, partial } = piece;
    emit(base, { type: 'output.stderr', data: { text, offset, bytes, partial } });
    noteWords(base, text);
    return;
  }
  if (piece.partial || work.state.skipping) {
    if (!work.state.skipping) notice(base, 'The agent wrote a line too long to be a message; it was skipped');
    update(base, { skipping: piece.partial });
    return;
  }
  let { offset } = piece;
  const lines = piece.text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (work.state.outcome !== null) return;
    const isLast = index === lines.length - 1;
    const bytes = isLast ? piece.offset + piece.bytes - offset : Buffer.byteLength(line) + 1;
    if (line.trim() !== '' && !onLine(work, line)) readNoise(base, line, { offset, bytes });
    offset += bytes;
  }
}

/** A line that is no message. An output event tells bytes of the file word for word, so a long one cannot be one. */
function readNoise(
  work: Work<AnyDialog>,
  line: string,
  at: { readonly offset: number; readonly bytes: number },
): void {
  noteWords(work, line);
  if (at.bytes <= maxEventChars) {
    emit(work, { type: 'output.stdout', data: { text: line, ...at, partial: false } });
    return;
  }
  const reason = 'The line is no message of the protocol, and too long to be shown';
  emit(work, { type: 'output.truncated', data: { stream: 'stdout', ...at, reason } });
}

function noteWords(work: Work<AnyDialog>, text: string): void {
  const words = lastWords(text);
  if (words !== null) update(work, { lastWords: oneLine(words) });
}
