import { isIP } from 'node:net';
import { AppError, type Config } from '../contract/index.ts';

/** Where to listen over TCP. */
export type ListenAddress = { readonly host: string; readonly port: number };

/**
 * Parses `HOST:PORT` or `[IPv6]:PORT`; empty is null. The host is an IP address or `localhost`: a name would be looked up,
 * and might lead anywhere. Throws `address_invalid`.
 */
export function parseListenAddress(text: string): ListenAddress | null {
  if (text === '') return null;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  if (match === null || port > 65_535 || (host !== 'localhost' && isIP(host) === 0)) {
    throw new AppError('address_invalid', `'${text}' is not an address to listen on`, {
      hint: 'write it as 127.0.0.1:7777, [::1]:7777 or localhost:7777',
    });
  }
  return { host, port };
}

/** The address as `parseListenAddress` reads it. */
export function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Refuses to open a port that anybody could use (contract §4): a token is needed, unless `mode = "none"`, which holds on
 * loopback only. Throws `address_invalid`.
 */
export function assertGuarded(
  address: ListenAddress,
  mode: Config['auth']['mode'],
  hasAdminToken: boolean,
): void {
  const spelled = formatAddress(address);
  if (mode === 'none' && !isLoopback(address.host)) {
    throw new AppError(
      'address_invalid',
      `auth.mode = "none" is not allowed on ${spelled}, which other machines can reach`,
      {
        hint: 'listen on 127.0.0.1, or use auth.mode = "bearer" with auth.admin_token_file',
      },
    );
  }
  if (mode === 'bearer' && !hasAdminToken) {
    throw new AppError('address_invalid', `Listening on ${spelled} needs a token`, {
      hint: 'set auth.admin_token_file, or auth.mode = "none" on loopback',
    });
  }
}
