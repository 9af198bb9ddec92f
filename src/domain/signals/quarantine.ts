import { ulid } from 'ulid';
import { type Clock, toTimestamp } from '../../base/index.ts';
import { moveUntrusted, removeUntrusted, writeNewUntrusted } from '../../foundation/untrusted/index.ts';
import { failedFolder, type Place } from './place.ts';

/** What is put away: its place below the signal folder, the name that it had, and why. */
export type Refused = { readonly at: Buffer; readonly name: Buffer; readonly reason: string };

export const reasonSuffix = '.reason';
/** Leaves room in 255 bytes for an id, the suffix, and that of a file that is being written. */
const maxNameBytes = 190;
const maxReasonChars = 1000;

/**
 * Moves something to `failed/`, unopened, with the reason beside it. The reason is written first, so that nothing lies
 * there without one whenever this process dies. Returns null, also when it is gone, or why it stays where it is.
 */
export async function quarantine(
  { root, folder }: Place,
  { at, name, reason }: Refused,
  clock: Clock,
): Promise<string | null> {
  const bytes = Buffer.from(`${toTimestamp(clock.now())} ${inOneLine(reason)}\n`);
  const from = Buffer.concat([Buffer.from(`${folder}/`), at]);
  const plain = writableName(name);
  let problem = '';
  for (const target of [plain, `${plain}~${ulid(clock.now())}`]) {
    const to = `${folder}/${failedFolder}/${target}`;
    const written = await writeReason(root, `${to}${reasonSuffix}`, bytes);
    if (written === 'missing') return null;
    if (written === null) {
      const moved = await moveUntrusted(root, from, to);
      if (moved.ok) return null;
      await removeUntrusted(root, `${to}${reasonSuffix}`);
      if (moved.reason === 'missing') return null;
      problem = moved.reason;
    } else {
      problem = written;
    }
  }
  return problem;
}

async function writeReason(root: string, path: string, bytes: Buffer): Promise<string | null> {
  try {
    const result = await writeNewUntrusted(root, path, { bytes, mode: 0o644, make: 'last' });
    return result.ok ? null : result.reason;
  } catch {
    return 'exhausted'; // the disk or this process is full, which says nothing about what is put away: it stays
  }
}

/** The name itself, or where it is no UTF-8 or too long to get a suffix, one that reminds of it. */
function writableName(name: Buffer): string {
  const text = name.toString();
  if (name.length <= maxNameBytes && Buffer.from(text).equals(name)) return text;
  let short = '';
  for (const char of text) {
    if (Buffer.byteLength(short + char) > maxNameBytes) break;
    short += char;
  }
  return short;
}

function inOneLine(reason: string): string {
  const line = reason.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > maxReasonChars ? `${line.slice(0, maxReasonChars)}…` : line;
}
