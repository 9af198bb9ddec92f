import { createMutex, systemClock } from '../base/index.ts';
import type { Config, ReloadResult } from '../contract/index.ts';
import type { Composed } from './compose.ts';
import type { DaemonLog } from './log/create.ts';
import { reloadConfig } from './reload.ts';
import type { ReloadFigures } from './services/index.ts';
import type { Warnings } from './warnings.ts';

/** A configuration, and the file it is from; null when there is none. */
export type Loaded = { readonly config: Config; readonly path: string | null };

export type LiveConfigOptions = {
  readonly loaded: Loaded;
  readonly load: () => Promise<Loaded>;
  readonly startedAt: number;
  readonly daemonLog: DaemonLog;
  readonly warnings: Warnings;
  /** The parts that a new configuration is for. */
  readonly parts: () => Composed;
};

/** What the daemon runs with at this moment. */
export type LiveConfig = {
  readonly config: () => Config;
  readonly path: () => string | null;
  readonly figures: () => ReloadFigures;
  /**
   * Reads the file anew and takes it up, one call after the other: an older reading never follows a newer one. When that fails it is logged, and a warning until the next one that does not.
   */
  readonly reload: () => Promise<ReloadResult>;
};

/** Makes it of what was read at the start. */
export function createLiveConfig(options: LiveConfigOptions): LiveConfig {
  const { daemonLog, warnings } = options;
  const { log } = daemonLog;
  let { config, path } = options.loaded;
  let figures: ReloadFigures = { isLastGood: true, failures: 0, lastSuccessAt: options.startedAt };

  const reload = async (): Promise<ReloadResult> => {
    const parts = options.parts();
    try {
      const { config: next, result } = await reloadConfig({
        current: config,
        load: async () => {
          const loaded = await options.load();
          path = loaded.path;
          return loaded.config;
        },
        prepare: [(wanted) => parts.tokens.prepare(wanted.auth)],
      });
      config = next;
      daemonLog.apply(config.log);
      figures = { ...figures, isLastGood: true, lastSuccessAt: systemClock.now() };
      warnings.clear('config');
      await registerRepos(parts, config, warnings);
      await parts.hooks.configure(config.hooks);
      await parts.store.write((tx) =>
        tx.event({
          type: 'daemon.reloaded',
          data: { applied: result.applied, needs_restart: result.needs_restart },
          source: 'person',
        }),
      );
      parts.runs.tick();
      log.info('configuration reloaded', { applied: result.applied, needs_restart: result.needs_restart });
      return result;
    } catch (error) {
      const [why, ...more] = (error instanceof Error ? error.message : String(error)).split('\n');
      const others = more.length === 0 ? '' : '; `drover daemon reload` says all';
      figures = { ...figures, isLastGood: false, failures: figures.failures + 1 };
      warnings.set('config', `The configuration was not reloaded: ${why}${others}`);
      log.error('the configuration was not reloaded', { err: error });
      throw error;
    }
  };

  const inTurn = createMutex();
  return { config: () => config, path: () => path, figures: () => figures, reload: () => inTurn(reload) };
}

/** Registers what the configuration names; what is missing becomes a warning, never a failed start. */
export async function registerRepos({ repos }: Composed, config: Config, warnings: Warnings): Promise<void> {
  const found = await repos.syncFromConfig(config.repos);
  warnings.replace('repos:', new Map(found.map((text, index) => [`repos:${index}`, text])));
}
