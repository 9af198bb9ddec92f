import { createMutex, type Log, type LogFields, type Mutex } from '../../base/index.ts';

/** What is known of a file in `processing/` that is not done with. */
export type Kept =
  /** Given out, and not answered yet. */
  | { readonly kind: 'held' }
  /** Done with, but it could not be removed. */
  | { readonly kind: 'done' }
  /** Refused, but it could not be put away. */
  | { readonly kind: 'refused'; readonly reason: string };

/** What an inbox remembers of one root. */
export type Desk = {
  /** By the path below the root. */
  readonly kept: Map<string, Kept>;
  /** What git tracks and was told of: what it was like then, by the path below the root. */
  readonly tracked: Map<string, string>;
  /** What cannot be done: said when it begins, and not again while it lasts. */
  told: ReadonlySet<string>;
};

/** The desks of all roots, each worked at by one at a time. */
export type Desks = {
  readonly at: <T>(root: string, work: (desk: Desk) => Promise<T>) => Promise<T>;
};

/** Makes them; a desk with nothing on it is forgotten. */
export function createDesks(): Desks {
  const desks = new Map<string, { desk: Desk; mutex: Mutex; users: number }>();
  return {
    at: async (root, work) => {
      const mine = desks.get(root) ?? {
        desk: { kept: new Map(), tracked: new Map(), told: new Set() },
        mutex: createMutex(),
        users: 0,
      };
      desks.set(root, mine);
      mine.users += 1;
      try {
        return await mine.mutex(() => work(mine.desk));
      } finally {
        mine.users -= 1;
        const { kept, tracked, told } = mine.desk;
        const isEmpty = kept.size === 0 && tracked.size === 0 && told.size === 0;
        if (mine.users === 0 && isEmpty) desks.delete(root);
      }
    },
  };
}

/** Says of a root what cannot be done there. */
export type Complaints = {
  readonly say: (message: string, fields: LogFields & { readonly folder: string; reason: string }) => void;
  /** Everything was looked at: what was not said this time is over. */
  readonly settle: () => void;
};

/** Logs each complaint of a root when it is new. */
export function createComplaints(desk: Desk, { root, log }: { root: string; log: Log }): Complaints {
  const said = new Set<string>();
  return {
    say: (message, fields) => {
      const key = `${message} ${fields.folder} ${fields.reason}`;
      if (!desk.told.has(key)) {
        log.warn(message, { root, ...fields });
        desk.told = new Set([...desk.told, key]);
      }
      said.add(key);
    },
    settle: () => {
      desk.told = said;
    },
  };
}
