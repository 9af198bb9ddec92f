import { usageError } from './errors.ts';

/** Every way to say where a daemon is to listen. */
export type ListenOptions = {
  readonly addr?: string | undefined;
  readonly bind?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly socket: string | undefined;
};

/** The spellings of --addr as one; a path means the socket. Throws `usage` when they contradict each other. */
export function listenOn(options: ListenOptions): { addr: string | undefined; socket: string | undefined } {
  const { host, port, socket } = options;
  const given = [options.addr, options.bind, hostPort(host, port)].filter((text) => text !== undefined);
  if (new Set(given).size > 1) {
    throw usageError(
      `Two addresses are given: ${given.join(' and ')}`,
      'use one of --addr, --bind or --host --port',
    );
  }
  const addr = given[0];
  if (addr === undefined || !addr.includes('/')) return { addr, socket };
  if (socket !== undefined && socket !== addr) {
    throw usageError(`Two sockets are given: ${addr} and ${socket}`, 'use --socket alone');
  }
  return { addr: undefined, socket: addr };
}

function hostPort(host: string | undefined, port: string | undefined): string | undefined {
  if (host === undefined && port === undefined) return undefined;
  if (port === undefined) throw usageError('--host needs a --port', 'write --host 127.0.0.1 --port 7777');
  const name = host ?? '127.0.0.1';
  return `${name.includes(':') && !name.startsWith('[') ? `[${name}]` : name}:${port}`;
}
