import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../contract/index.ts';
import { type ConfigKey, configKeys } from './keys.ts';

/** Keys whose value differs, by when the new one takes effect. An agent counts as `agents.NAME`. */
export type ConfigDiff = { readonly applied: readonly string[]; readonly needsRestart: readonly string[] };

/** Compares two configurations key by key. */
export function diffConfig(before: Config, after: Config): ConfigDiff {
  const applied: string[] = [];
  const needsRestart: string[] = [];
  for (const key of configKeys()) {
    const changed = changedNames(key, valueAt(before, key.path), valueAt(after, key.path));
    (key.scope === 'live' ? applied : needsRestart).push(...changed);
  }
  return { applied, needsRestart };
}

/** `after` with every key that needs a restart left as it is in `before`: what a running daemon goes on with. */
export function liveConfig(before: Config, after: Config): Config {
  const merged = structuredClone(after);
  for (const { path, scope } of configKeys()) {
    if (scope === 'restart') setValue(merged, path, valueAt(before, path));
  }
  return merged;
}

function changedNames(key: ConfigKey, before: unknown, after: unknown): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  const name = key.path.join('.');
  if (name !== 'agents') return [name];
  const [old, now] = [before, after] as Record<string, unknown>[];
  return [...new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])]
    .filter((agent) => !isDeepStrictEqual(old?.[agent], now?.[agent]))
    .map((agent) => `agents.${agent}`);
}

function valueAt(config: Config, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], config);
}

function setValue(config: Config, path: readonly string[], value: unknown): void {
  const parent = valueAt(config, path.slice(0, -1)) as Record<string, unknown>;
  parent[path.at(-1) ?? ''] = value;
}
