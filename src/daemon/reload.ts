import type { Config, ReloadResult } from '../contract/index.ts';
import { diffConfig, liveConfig } from '../foundation/config/index.ts';

/**
 * One part of the daemon that a new configuration may not suit. It checks `next` and throws an AppError, or returns the
 * function that takes it up; that function must not fail.
 */
export type PrepareReload = (next: Config) => Promise<() => void> | (() => void);

export type ReloadOptions = {
  /** What the daemon runs with now. */
  readonly current: Config;
  /** Reads and checks the file anew. */
  readonly load: () => Promise<Config>;
  readonly prepare: readonly PrepareReload[];
};

/** What to run with from now on, and what to answer. */
export type Reloaded = { readonly config: Config; readonly result: ReloadResult };

/**
 * Reads the configuration, lets every part check it, and only then swaps all in one synchronous step. Throws with
 * nothing changed. Keys that need a restart keep their old value, so each reload names them until the restart.
 */
export async function reloadConfig({ current, load, prepare }: ReloadOptions): Promise<Reloaded> {
  const wanted = await load();
  const config = liveConfig(current, wanted);
  const commits: (() => void)[] = [];
  for (const check of prepare) commits.push(await check(config));

  for (const commit of commits) commit();
  const { applied, needsRestart } = diffConfig(current, wanted);
  return {
    config,
    result: {
      applied: [...applied],
      needs_restart: [...needsRestart],
      unchanged: applied.length === 0 && needsRestart.length === 0,
    },
  };
}
