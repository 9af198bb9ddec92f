import { isUtf8 } from 'node:buffer';
import type { Log } from '../../base/index.ts';
import type { UntrustedEntry } from '../../foundation/untrusted/index.ts';
import { isOurs, processingFolder } from './place.ts';
import { type Post, shown } from './put-away.ts';

/**
 * The paths that git tracks at or below the signal folders of a root, asked after the folders were listed. Null while git
 * cannot say it.
 */
export type FindTracked = (root: string) => Promise<readonly string[] | null>;

/** Who is told of it. */
type Round = {
  readonly log: Log;
  readonly refused: { readonly name: string; readonly reason: string }[];
  readonly findTracked: FindTracked;
};

/** So many of them are told of in one round. */
const maxToldTracked = 5;

/** Of a file that git may have put there. */
export const trackedWords =
  'git tracks it, so it may be anybody’s: what an agent says is never committed, and this stays where it is';

/** What stands in a signal folder, and in `processing/` of it. */
export type Listed = {
  readonly found: readonly UntrustedEntry[];
  readonly left: readonly UntrustedEntry[];
};

/**
 * What may be claimed: all but what git tracks, which is left where it lies and told of once. Null when git cannot say it
 * now. Costs nothing where there is nothing new.
 */
export async function leaveTracked(post: Post, round: Round, listed: Listed): Promise<Listed | null> {
  const { root, folder } = post.place;
  const known = ({ path, entry }: Candidate) => post.desk.tracked.get(path) === identityOf(entry);
  const candidates = candidatesOf(post, listed);
  const fresh = candidates.filter((one) => !known(one));
  if (fresh.length > 0) {
    const tracked = await ask(post, round);
    if (tracked === null) return null;
    const news = fresh.filter(({ path }) => isTracked(path, tracked));
    for (const { path, entry } of news) post.desk.tracked.set(path, identityOf(entry));
    tell(round, { root, folder, news });
  }
  const there = new Map(candidates.map((one) => [one.path, one]));
  for (const path of post.desk.tracked.keys()) {
    const one = there.get(path);
    if (path.startsWith(`${folder}/`) && !(one && known(one))) post.desk.tracked.delete(path);
  }
  const isFree = (path: string) => !post.desk.tracked.has(path);
  return {
    found: listed.found.filter(({ name }) => isFree(`${folder}/${nameOf(name)}`)),
    left: listed.left.filter(({ name }) => isFree(`${folder}/${processingFolder}/${nameOf(name)}`)),
  };
}

type Candidate = { readonly path: string; readonly entry: UntrustedEntry };

/** What a claim would move or open, and has not been asked about before. */
function candidatesOf({ place, desk }: Post, { found, left }: Listed): readonly Candidate[] {
  const at = (folder: string) => (entry: UntrustedEntry) => ({
    path: `${folder}/${nameOf(entry.name)}`,
    entry,
  });
  return [
    ...found.filter(({ name }) => !isOurs(name)).map(at(place.folder)),
    ...left
      .filter(({ name }) => !nameOf(name).startsWith('.'))
      .map(at(`${place.folder}/${processingFolder}`))
      .filter(({ path }) => !desk.kept.has(path)),
  ];
}

async function ask({ place, complaints }: Post, { findTracked }: Round): Promise<ReadonlySet<string> | null> {
  const { root, folder } = place;
  try {
    const paths = await findTracked(root);
    if (paths !== null) return new Set(paths.map((path) => path.toLowerCase()));
    complaints.say('signals wait while git is at work', { folder, reason: 'its index is locked' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    complaints.say('signals wait: git does not say what it tracks', { folder, reason });
  }
  return null;
}

/** True as well below a submodule or a link that git tracks. */
function isTracked(path: string, tracked: ReadonlySet<string>): boolean {
  const parts = path.toLowerCase().split('/');
  return parts.some((_, index) => tracked.has(parts.slice(0, index + 1).join('/')));
}

function tell(
  { log, refused }: Round,
  {
    root,
    folder,
    news,
  }: { readonly root: string; readonly folder: string; readonly news: readonly Candidate[] },
): void {
  const [first] = news;
  if (first === undefined) return;
  for (const { entry } of news.slice(0, maxToldTracked))
    refused.push({ name: shown(entry.name), reason: trackedWords });
  log.warn('signal files are left alone: git tracks them', {
    root,
    folder,
    files: news.length,
    name: shown(first.entry.name),
  });
}

/** Another file at the same place, or one that was written anew, has another. */
function identityOf({ kind, modifiedAt, changedAt }: UntrustedEntry): string {
  return `${kind} ${modifiedAt} ${changedAt}`;
}

/** A name that is no UTF-8 as one that no signal has. */
function nameOf(name: Buffer): string {
  return isUtf8(name) ? name.toString() : name.toString('latin1');
}
