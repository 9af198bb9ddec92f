import { isUtf8 } from 'node:buffer';
import { ulid } from 'ulid';
import type { Log } from '../../base/index.ts';
import { maxSignalBytes } from '../../contract/index.ts';
import {
  listUntrusted,
  moveUntrusted,
  readUntrusted,
  type UntrustedEntry,
} from '../../foundation/untrusted/index.ts';
import { type ClaimedName, formatClaimedName, parseClaimedName } from './claimed-name.ts';
import { parseSignalName, type SignalName } from './name.ts';
import { isOurs, processingFolder } from './place.ts';
import { type Post, pathOf, putAway, removeClaimed, shown, trim } from './put-away.ts';
import type { Refused } from './quarantine.ts';
import { kindWords, notUtf8, outOfGrammar, refusalWords } from './refusal-words.ts';
import { type FindTracked, leaveTracked } from './tracked.ts';

/** A signal that is given out, and stays in `processing/` until it is answered. */
export type ClaimedSignal = SignalName & {
  /** A ULID: the key of the signal's receipt, the same again after a crash. */
  readonly id: string;
  readonly root: string;
  /** Which of `signalFolders` it lay in. */
  readonly folder: string;
  /** Its name in `processing/` of that folder. */
  readonly file: string;
  readonly body: string;
};

/** What one claim has, over all folders of its root. */
export type Round = {
  readonly log: Log;
  /** What it may still give out. */
  readonly budget: { signals: number; bytes: number };
  readonly claimed: ClaimedSignal[];
  /** The first few files that were put away. */
  readonly refused: RefusedFile[];
  readonly findTracked: FindTracked;
};

/** A file that was put away, or left alone, for what it is. */
export type RefusedFile = { readonly name: string; readonly reason: string };

/** So many of them are told of in one round. */
export const maxToldRefused = 5;

/** Of a folder that an agent may have filled, no more is looked at, put away, or tried in vain at a time. */
const maxListed = 10_000;
const maxPutAway = 1000;
const maxInVain = 100;

/**
 * One signal folder, in this order, so that this process may die between any two steps:
 * 1. what was claimed before and not answered is given out again;
 * 2. each signal is renamed to `processing/<ulid>~NAME`, which one claim alone can do, and only then opened;
 * 3. what is no signal is renamed to `failed/`, and not opened at all.
 * What git tracks is none of these: it is left where it lies.
 * Nothing is moved when the folder or `processing/` is a link.
 */
export async function claimFolder(post: Post, round: Round): Promise<void> {
  const { root, folder } = post.place;
  const list = async (path: string) => {
    const listed = await listUntrusted(root, path, { maxEntries: maxListed });
    if (listed.ok) return listed.entries.toSorted(byAge);
    if (listed.reason === 'missing') return [];
    post.complaints.say('a signal folder is refused', { folder: path, reason: listed.reason });
    return null;
  };
  const found = await list(folder);
  const left = found && (await list(`${folder}/${processingFolder}`));
  if (!found || !left) return;
  forgetGone(post, left);
  const own = await leaveTracked(post, round, { found, left });
  if (own === null) return;
  const junk = [...(await giveOutAgain(post, round, own.left)), ...(await giveOut(post, round, own.found))];
  await putJunkAway(post, round, junk);
}

async function giveOutAgain(post: Post, round: Round, entries: readonly UntrustedEntry[]) {
  const junk: Refused[] = [];
  let inVain = 0;
  for (const { name: raw, kind } of entries) {
    if (raw.toString('latin1').startsWith('.')) continue;
    const file = textOf(raw);
    const claimed = file === null ? null : parseClaimedName(file);
    if (file === null || claimed === null) {
      junk.push({ at: inProcessing(raw), name: raw, reason: outOfGrammar });
      continue;
    }
    const kept = post.desk.kept.get(pathOf(post.place, file));
    if (kept?.kind === 'held') continue;
    if (kept?.kind === 'done') {
      if (inVain < maxInVain && !(await removeClaimed(post, file))) inVain += 1;
      continue;
    }
    const reason = kept?.reason ?? kindWords[kind];
    if (reason !== null) junk.push(refusedOf(claimed, reason));
    else if (hasRoom(round)) junk.push(...(await read(post, round, claimed)));
  }
  return junk;
}

async function giveOut(post: Post, round: Round, entries: readonly UntrustedEntry[]) {
  const { root, folder } = post.place;
  const junk: Refused[] = [];
  let inVain = 0;
  for (const { name: raw, kind } of entries) {
    if (isOurs(raw)) continue;
    const name = textOf(raw);
    const signal = name === null ? null : parseSignalName(name);
    if (name === null || signal === null || kindWords[kind] !== null) {
      junk.push({ at: raw, name: raw, reason: (signal && kindWords[kind]) ?? outOfGrammar });
      continue;
    }
    if (!hasRoom(round) || inVain === maxInVain) continue;
    const claimed = { id: ulid(post.clock.now()), name, signal };
    const to = pathOf(post.place, formatClaimedName(claimed.id, name));
    const moved = await moveUntrusted(root, `${folder}/${name}`, to);
    if (moved.ok) junk.push(...(await read(post, round, claimed)));
    else if (moved.reason !== 'missing') {
      post.complaints.say('a signal cannot be claimed', { folder, reason: moved.reason, name });
      inVain += 1;
    }
  }
  return junk;
}

/** Reads what was claimed, and gives it out; or returns it when it has to be put away. */
async function read(post: Post, { budget, claimed }: Round, given: ClaimedName): Promise<readonly Refused[]> {
  const { root, folder } = post.place;
  const file = formatClaimedName(given.id, given.name);
  const result = await readUntrusted(root, pathOf(post.place, file), { maxBytes: maxSignalBytes });
  if (!result.ok) {
    const reason = refusalWords[result.reason];
    if (reason !== undefined) return [refusedOf(given, reason)];
    if (result.reason !== 'missing')
      post.complaints.say('a signal cannot be read now', { folder, reason: result.reason });
    return [];
  }
  if (!isUtf8(result.bytes)) return [refusedOf(given, notUtf8)];
  post.desk.kept.set(pathOf(post.place, file), { kind: 'held' });
  budget.signals -= 1;
  budget.bytes -= result.bytes.length;
  claimed.push({ ...given.signal, id: given.id, root, folder, file, body: result.bytes.toString() });
  return [];
}

async function putJunkAway(post: Post, { log, refused }: Round, junk: readonly Refused[]): Promise<void> {
  const { root, folder } = post.place;
  const away: Refused[] = [];
  let inVain = 0;
  for (const one of junk) {
    if (away.length === maxPutAway || inVain === maxInVain) break;
    if (await putAway(post, one)) {
      away.push(one);
      post.desk.kept.delete(`${folder}/${one.at}`);
    } else inVain += 1;
  }
  const [first] = away;
  if (first === undefined) return;
  for (const { name, reason } of away.slice(0, maxToldRefused - refused.length))
    refused.push({ name: shown(name), reason });
  log.warn('signal files were refused', {
    root,
    folder,
    files: away.length,
    name: shown(first.name),
    reason: first.reason,
  });
  await trim(post);
}

/** What was kept in mind of files that somebody else has removed. */
function forgetGone({ desk, place }: Post, left: readonly UntrustedEntry[]): void {
  if (desk.kept.size === 0) return;
  const there = new Set(left.map(({ name }) => pathOf(place, name.toString())));
  for (const [path, { kind }] of desk.kept) {
    if (kind !== 'held' && path.startsWith(`${place.folder}/`) && !there.has(path)) desk.kept.delete(path);
  }
}

function refusedOf({ id, name }: ClaimedName, reason: string): Refused {
  return { at: inProcessing(formatClaimedName(id, name)), name: Buffer.from(name), reason };
}

function inProcessing(file: Buffer | string): Buffer {
  return Buffer.concat([Buffer.from(`${processingFolder}/`), Buffer.from(file)]);
}

function hasRoom({ budget }: Round): boolean {
  return budget.signals > 0 && budget.bytes > 0;
}

function textOf(name: Buffer): string | null {
  return isUtf8(name) ? name.toString() : null;
}

/** The oldest first; of the same instant, by name. */
function byAge(a: UntrustedEntry, b: UntrustedEntry): number {
  return a.modifiedAt - b.modifiedAt || Buffer.compare(a.name, b.name);
}
