import type { Clock } from '../../base/index.ts';
import { removeUntrusted } from '../../foundation/untrusted/index.ts';
import { parseClaimedName } from './claimed-name.ts';
import type { Complaints, Desk } from './desk.ts';
import { type Place, processingFolder } from './place.ts';
import { quarantine, type Refused } from './quarantine.ts';
import { trimFailed } from './trim.ts';

/** What it takes to work at one signal folder. */
export type Post = {
  readonly place: Place;
  readonly desk: Desk;
  readonly complaints: Complaints;
  readonly clock: Clock;
};

/** Where a claimed signal lies below its root. */
export function pathOf({ folder }: Pick<Place, 'folder'>, file: string): string {
  return `${folder}/${processingFolder}/${file}`;
}

/** Puts something away, or says that it cannot be done. True when it is gone from where it was. */
export async function putAway({ place, complaints, clock }: Post, refused: Refused): Promise<boolean> {
  const problem = await quarantine(place, refused, clock);
  if (problem === null) return true;
  const { folder } = place;
  const name = shown(refused.name);
  complaints.say('a refused signal file cannot be put away', { folder, reason: problem, name });
  return false;
}

/** Puts a claimed file away. One that stays is remembered: it is not given out again, and tried again by each claim. */
export async function putAwayClaimed(post: Post, file: string, reason: string): Promise<boolean> {
  const name = Buffer.from(parseClaimedName(file)?.name ?? file);
  const isGone = await putAway(post, { at: Buffer.from(`${processingFolder}/${file}`), name, reason });
  keep(post, file, isGone ? null : { kind: 'refused', reason });
  return isGone;
}

/** Removes a claimed file that was applied. One that stays is remembered as well. */
export async function removeClaimed(post: Post, file: string): Promise<boolean> {
  const { root, folder } = post.place;
  const removed = await removeUntrusted(root, pathOf(post.place, file));
  const isGone = removed.ok || removed.reason === 'missing';
  if (!isGone)
    post.complaints.say('an applied signal file cannot be removed', { folder, reason: removed.reason });
  keep(post, file, isGone ? null : { kind: 'done' });
  return isGone;
}

/** Makes room in `failed/`, or says that it cannot be done. */
export async function trim({ place, complaints }: Post): Promise<void> {
  const problem = await trimFailed(place);
  if (problem === null) return;
  complaints.say('the folder of refused signals cannot be kept small', {
    folder: place.folder,
    reason: problem,
  });
}

/** The beginning of a name, for the log. */
export function shown(name: Buffer): string {
  return name.toString().slice(0, 100);
}

function keep({ desk, place }: Post, file: string, kept: Parameters<Desk['kept']['set']>[1] | null): void {
  if (kept === null) desk.kept.delete(pathOf(place, file));
  else desk.kept.set(pathOf(place, file), kept);
}
