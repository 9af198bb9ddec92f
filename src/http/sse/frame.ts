import type { JournalEntry } from '../services.ts';

/** One event as server-sent text: its seq is the id that a reader resumes from. */
export function frame(entry: JournalEntry): string {
  return `id: ${entry.seq}\nevent: ${entry.type}\ndata: ${entry.json}\n\n`;
}

/** A comment: keeps the connection alive, or tells a person why it ends. Readers skip it. */
export function comment(text: string): string {
  return `: ${text}\n\n`;
}
