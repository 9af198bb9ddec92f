import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, type Config } from '../../contract/index.ts';
import { defaultConfig, parseConfig } from './parse.ts';
import { resolvePaths } from './paths.ts';

/** The longest file that is read. */
export const maxConfigBytes = 1 << 20;

export type LoadConfigOptions = {
  /** Absolute path of the file. */
  readonly path: string;
  /** True when the operator named the file (--config or $DROVER_CONFIG): then it must exist. */
  readonly isNamed: boolean;
  /** What `~/` means in paths inside the file. */
  readonly home: string;
};

/** A configuration and the file it came from, null when there is none. */
export type LoadedConfig = { readonly config: Config; readonly path: string | null };

/**
 * Loads and checks `daemon.toml`. A missing file means defaults, unless it was named. Throws `config_unreadable` or
 * `config_invalid`.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const source = await readSource(options);
  if (source === null) return { config: defaultConfig(), path: null };
  const parsed = parseConfig(source, options.path);
  return {
    config: resolvePaths(parsed, { home: options.home, folder: dirname(options.path) }),
    path: options.path,
  };
}

async function readSource({ path, isNamed }: LoadConfigOptions): Promise<string | null> {
  try {
    // O_NONBLOCK: a FIFO must not hang the start.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      if (!info.isFile()) throw unreadable(path, 'it is not a regular file');
      if (info.size > maxConfigBytes) throw unreadable(path, `it is larger than ${maxConfigBytes} bytes`);
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && !isNamed) return null;
    if (code === 'ENOENT') throw unreadable(path, 'there is no such file', error);
    if (code === 'EACCES') throw unreadable(path, 'permission is denied', error);
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw unreadable(path, 'it is not valid UTF-8', error);
    throw unreadable(path, error instanceof Error ? error.message : String(error), error);
  }
}

function unreadable(path: string, why: string, cause?: unknown): AppError {
  return new AppError('config_unreadable', `Cannot read the configuration ${path}: ${why}`, {
    hint: 'name a readable file with --config or $DROVER_CONFIG',
    cause,
  });
}
