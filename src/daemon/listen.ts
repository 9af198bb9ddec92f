import { AppError, type Config } from '../contract/index.ts';
import type { Composed } from './compose.ts';
import { assertGuarded, parseListenAddress } from './listen-address.ts';
import { firstInheritedFd, type ServiceEnvironment } from './notify/index.ts';

/** What the socket unit calls the socket of the control plane. */
const controlSocketName = 'control';

/** Listens on the socket that the service manager holds, else on one of our own. */
export async function listenLocally(
  http: Composed['http'],
  path: string,
  { inherited }: ServiceEnvironment,
): Promise<void> {
  if (inherited === null) return http.listenSocket(path);
  const index = inherited.names.indexOf(controlSocketName);
  if (index === -1 && inherited.names.length > 1) {
    throw new AppError(
      'address_invalid',
      `The service manager handed over sockets that are called ${inherited.names.join(', ')}, none '${controlSocketName}'`,
      { hint: `name the one for the control plane: FileDescriptorName=${controlSocketName}` },
    );
  }
  await http.listenInherited(firstInheritedFd + Math.max(index, 0), path);
}

/** Listens on TCP as well, where an address is named; never unguarded. */
export async function listenTcp(parts: Composed, addr: string, config: Config): Promise<void> {
  const address = parseListenAddress(addr);
  if (address === null) return;
  assertGuarded(address, config.auth.mode, parts.tokens.hasAdmin());
  await parts.http.listenTcp(address.host, address.port);
}
