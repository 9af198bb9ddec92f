import { listUntrusted, removeUntrusted, type UntrustedEntry } from '../../foundation/untrusted/index.ts';
import { failedFolder, type Place } from './place.ts';
import { reasonSuffix } from './quarantine.ts';

/** What is kept in `failed/`, each with its reason. */
export const maxFailedEntries = 200;
/** Of a folder that an agent may have filled, no more is looked at, removed, or tried in vain at a time. */
const maxListed = 10_000;
const maxRemoved = 1000;
const maxInVain = 50;

/** Removes the oldest from `failed/` beyond what is kept there. Returns null, or why it holds more. */
export async function trimFailed({ root, folder }: Place): Promise<string | null> {
  const path = `${folder}/${failedFolder}`;
  const listed = await listUntrusted(root, path, { maxEntries: maxListed });
  if (!listed.ok) return listed.reason === 'missing' ? null : listed.reason;
  const { refused, reasons } = sort(listed.entries);
  let over = refused.length - maxFailedEntries;
  let inVain = 0;
  let problem: string | null = null;
  for (const { name } of refused.toSorted((a, b) => a.changedAt - b.changedAt).slice(0, maxRemoved)) {
    if (over <= 0 || inVain === maxInVain) break;
    const at = (suffix: string) => Buffer.concat([Buffer.from(`${path}/`), name, Buffer.from(suffix)]);
    const removed = await removeUntrusted(root, at(''));
    if (!removed.ok && removed.reason !== 'missing') {
      problem = removed.reason;
      inVain += 1;
      continue;
    }
    over -= 1;
    if (reasons.has(keyOf(name))) await removeUntrusted(root, at(reasonSuffix));
  }
  return over > 0 ? problem : null;
}

/** What was put away, and of which of it the reason is there. A reason whose subject is gone is a thing of its own. */
function sort(entries: readonly UntrustedEntry[]) {
  const names = new Set(entries.map(({ name }) => keyOf(name)));
  const reasons = new Set<string>();
  const refused = entries.filter(({ name }) => {
    const key = keyOf(name);
    const subject = key.slice(0, -reasonSuffix.length);
    if (!key.endsWith(reasonSuffix) || !names.has(subject)) return true;
    reasons.add(subject);
    return false;
  });
  return { refused, reasons };
}

/** A name that is no UTF-8 as a key: one character for each byte. */
function keyOf(name: Buffer): string {
  return name.toString('latin1');
}
