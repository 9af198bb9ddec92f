import { type Clock, createMutex, type Log } from '../../base/index.ts';
import type { HookConfig } from '../../contract/index.ts';
import { deleteHook, insertHook, listHooks, type Store } from '../../foundation/store/index.ts';
import type { Delivering } from './deliver.ts';
import { type FollowDeps, type Follower, follow } from './follow.ts';
import { toHook } from './hook.ts';
import { pausesMs } from './retry.ts';

export type HooksDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Told with each event: one machine may have several daemons. */
  readonly profile: string;
  readonly delivering: Delivering;
  readonly onWarning: FollowDeps['onWarning'];
  /** Between the tries of one event; those of the product unless told. */
  readonly pausesMs?: readonly number[];
};

/** The hooks of the configuration. */
export type Hooks = {
  /**
   * Makes these the hooks: new ones begin after the newest event, those that are there go on where they are, and the rest
   * is forgotten. Throws what the store throws.
   */
  readonly configure: (hooks: readonly HookConfig[]) => Promise<void>;
  /** Begins nothing more. What is under way may take `graceMs`, and is delivered again after that. */
  readonly close: (graceMs: number) => Promise<void>;
};

/** Makes it; nothing is delivered before `configure`. */
export function createHooks(deps: HooksDeps): Hooks {
  const { store } = deps;
  const followers = new Map<string, Follower>();
  const inTurn = createMutex();
  let isClosed = false;
  store.onCommit((events) => {
    for (const follower of followers.values()) follower.nudge(events);
  });

  const forget = async (keys: readonly string[]) => {
    const gone = keys.map((key) => followers.get(key)).filter((follower) => follower !== undefined);
    for (const key of keys) followers.delete(key);
    await Promise.all(gone.map((follower) => follower.stop(0)));
  };

  const configure = async (configs: readonly HookConfig[]) => {
    if (isClosed) return;
    const hooks = new Map(configs.map(toHook).map((hook) => [hook.key, hook]));
    await forget([...followers.keys()].filter((key) => !hooks.has(key)));
    const newest = store.lastSeq();
    const known = store.read(listHooks);
    const gone = known.filter(({ key }) => !hooks.has(key));
    const isNew = [...hooks.keys()].filter((key) => !known.some((row) => row.key === key));
    if (gone.length + isNew.length > 0) {
      await store.write((tx) => {
        for (const { key } of gone) deleteHook(tx, key);
        for (const key of isNew) insertHook(tx, { key, seq: newest });
      });
    }
    const rows = new Map(store.read(listHooks).map((row) => [row.key, row]));
    for (const [key, hook] of hooks) {
      const row = rows.get(key);
      const follower = followers.get(key);
      if (follower !== undefined) follower.update(hook);
      else if (row !== undefined) followers.set(key, follow({ pausesMs, ...deps }, hook, row));
    }
  };

  return {
    configure: (configs) => inTurn(() => configure(configs)),
    close: (graceMs) => {
      isClosed = true;
      return inTurn(async () => {
        await Promise.all([...followers.values()].map((follower) => follower.stop(graceMs)));
        followers.clear();
      });
    },
  };
}
