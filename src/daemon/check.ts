import { homedir } from 'node:os';
import { silentLog, systemClock } from '../base/index.ts';
import { loadConfig } from '../foundation/config/index.ts';
import { createTokens, takeInlineTokens } from '../foundation/tokens/index.ts';
import { checkSocketPath } from '../http/index.ts';
import { assertGuarded, parseListenAddress } from './listen-address.ts';
import { chooseSocket, type RunDaemonOptions } from './run-daemon.ts';

/** What a daemon with these options would do. */
export type CheckedStart = {
  /** Where it would listen. */
  readonly socket: string;
};

/**
 * Reads what a daemon with these options would read at its start, and changes nothing: throws what the daemon would
 * throw about its configuration, its token files and its addresses.
 */
export async function checkDaemon(options: RunDaemonOptions): Promise<CheckedStart> {
  const { paths } = options;
  const { config } = await loadConfig({ path: paths.config, isNamed: paths.isConfigNamed, home: homedir() });
  const tokens = createTokens({
    auth: config.auth,
    inline: takeInlineTokens({ ...options.env }, {}),
    uid: process.getuid?.() ?? 0,
    clock: systemClock,
    log: silentLog,
    runTokens: { findRunByTokenHash: () => null },
    onWarning: () => {},
  });
  const address = parseListenAddress(options.addr ?? config.addr);
  if (address !== null) assertGuarded(address, config.auth.mode, tokens.hasAdmin());
  const socket = chooseSocket(options, config);
  checkSocketPath(socket);
  return { socket };
}
