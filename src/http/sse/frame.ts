import type { JournalEntry } from '../services.ts';

const framed = new WeakMap<JournalEntry, Buffer>();

/** One event as server-sent text: its seq is the id that a reader resumes from. Made once, however many readers it has. */
export function frame(entry: JournalEntry): Buffer {
  let bytes = framed.get(entry);
  if (bytes === undefined) {
    const head = `id: ${entry.seq}\nevent: ${entry.type}\ndata: `;
    bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(entry.json) + head.length + 2);
    bytes.write(head, 'latin1');
    bytes.write(entry.json, head.length); // in place: one long string less in the heap
    bytes.write('\n\n', bytes.length - 2, 'latin1');
    framed.set(entry, bytes);
  }
  return bytes;
}

/** Several events as one buffer. */
export function frames(entries: readonly JournalEntry[]): Buffer {
  const [first, ...more] = entries.map(frame);
  return first !== undefined && more.length === 0 ? first : Buffer.concat(entries.map(frame));
}

/** A comment: keeps the connection alive, or tells a person why it ends. Readers skip it. */
export function comment(text: string): string {
  return `: ${text}\n\n`;
}
