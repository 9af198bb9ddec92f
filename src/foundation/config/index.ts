/**
 * foundation/config: `daemon.toml` on its way from a file to a checked `Config`, and what a repository's own
 * file says. It owns reading, the words for what is
 * wrong (file, line, column, key, nearest right spelling), the comparison of two configurations and the example file.
 * It promises that a bad file changes nothing, and must not know who uses a key or when a reload happens.
 */
export { type ConfigDiff, diffConfig, liveConfig } from './diff.ts';
export { renderExample } from './example.ts';
export type { ConfigProblem } from './explain.ts';
export { type ConfigKey, configKeys } from './keys.ts';
export { type LoadConfigOptions, type LoadedConfig, loadConfig } from './load.ts';
export { nearestSpelling } from './nearest.ts';
export { defaultConfig, parseConfig, parseRepoConfig } from './parse.ts';
