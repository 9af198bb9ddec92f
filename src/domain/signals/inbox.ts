import type { Clock, Log } from '../../base/index.ts';
import { type ClaimedSignal, claimFolder, type RefusedFile } from './claim.ts';
import { createComplaints, createDesks } from './desk.ts';
import { signalFolders } from './place.ts';
import { type Post, pathOf, putAwayClaimed, removeClaimed, trim } from './put-away.ts';
import type { FindTracked } from './tracked.ts';

/** Where signals come from. One inbox at a time may claim from a root. */
export type Inbox = {
  /**
   * Claims what is there, oldest first; before it what an earlier inbox left in `processing/`, under the id that it had.
   * What is no signal is put away with a reason; what git tracks stays where it is, and says nothing. Never throws for
   * what a file or a folder is like. What is beyond the limit stays for the next claim.
   */
  readonly claim: (root: string) => Promise<readonly ClaimedSignal[]>;
  /** The signal was applied: its file goes. Does nothing for one that was answered. */
  readonly done: (signal: ClaimedSignal) => Promise<void>;
  /** The signal is refused: its file is put away with the reason. Does nothing for one that was answered. */
  readonly refuse: (signal: ClaimedSignal, reason: string) => Promise<void>;
  /** The signal could not be applied now: the next claim gives it out again, under the same id. */
  readonly release: (signal: ClaimedSignal) => Promise<void>;
};

export type InboxOptions = {
  readonly clock: Clock;
  readonly log: Log;
  readonly findTracked: FindTracked;
  /** Signals that one claim gives out at most. */
  readonly limit?: number;
  /** Hears of the first few files that a claim has put away, or leaves alone. */
  readonly onRefused?: (root: string, files: readonly RefusedFile[]) => void;
};

/** Signals that one claim gives out at most, unless told. */
const maxClaimedSignals = 1000;
/** A claim ends when the bodies that it holds have reached this size. */
const maxClaimedBytes = 8 * 2 ** 20;

/** Makes an inbox. It remembers what it has given out; all that has to last is in the files. */
export function createInbox({
  clock,
  log,
  findTracked,
  limit = maxClaimedSignals,
  onRefused,
}: InboxOptions): Inbox {
  const desks = createDesks();
  const answer = ({ root, folder, file }: ClaimedSignal, work: (post: Post) => Promise<void>) =>
    desks.at(root, async (desk) => {
      const place = { root, folder };
      if (desk.kept.get(pathOf(place, file))?.kind !== 'held') return;
      await work({ place, desk, complaints: createComplaints(desk, { root, log }), clock });
    });
  return {
    claim: (root) =>
      desks.at(root, async (desk) => {
        const complaints = createComplaints(desk, { root, log });
        const claimed: ClaimedSignal[] = [];
        const refused: RefusedFile[] = [];
        const budget = { signals: limit, bytes: maxClaimedBytes };
        for (const folder of signalFolders) {
          const post: Post = { place: { root, folder }, desk, complaints, clock };
          await claimFolder(post, { log, budget, claimed, refused, findTracked });
        }
        complaints.settle();
        if (refused.length > 0) onRefused?.(root, refused);
        return claimed;
      }),
    done: (signal) => answer(signal, async (post) => void (await removeClaimed(post, signal.file))),
    refuse: (signal, reason) =>
      answer(signal, async (post) => {
        if (await putAwayClaimed(post, signal.file, reason)) await trim(post);
      }),
    release: (signal) =>
      answer(signal, async ({ desk }) => void desk.kept.delete(pathOf(signal, signal.file))),
  };
}
