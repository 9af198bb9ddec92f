import { AppError } from '../../contract/index.ts';
import { headerValues, type RequestHead } from './request-head.ts';

/** What a TCP request's Host is compared with. */
export type BoundAddress = { readonly host: string; readonly port: number };

const hostGrammar = /^(?:[A-Za-z0-9._~%-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?$/;
const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

/** The one valid Host of the request, lower case. Throws `invalid_request` when it is missing, repeated or malformed. */
export function singleHost(head: RequestHead): string {
  const values = headerValues(head, 'host');
  const [host] = values;
  if (values.length !== 1 || host === undefined) {
    throw new AppError('invalid_request', `The request carries ${values.length} Host headers`, {
      hint: 'send exactly one',
    });
  }
  const match = hostGrammar.exec(host);
  if (match === null || Number(match[1] ?? 1) > 65_535 || !URL.canParse(`http://${host}/`)) {
    throw new AppError('invalid_request', 'The Host header is malformed', {
      hint: 'send a name or address, with a port or without',
    });
  }
  return host.toLowerCase();
}

/**
 * True when a TCP request may carry this Host: the bound literal, 127.0.0.1, localhost or [::1] with the port, or a
 * name of `allowed_hosts`. Exact text only: a name that merely resolves to this machine is how rebinding works.
 */
export function isServedHost(host: string, bound: BoundAddress, allowedHosts: readonly string[]): boolean {
  const literal = bound.host.includes(':') ? `[${bound.host}]` : bound.host;
  const port = `:${bound.port}`;
  const own = [literal.toLowerCase(), ...loopbackNames];
  if (own.some((name) => host === name + port || (bound.port === 80 && host === name))) return true;
  return allowedHosts.some((entry) => {
    const name = entry.toLowerCase();
    return host === name || host === name + port;
  });
}

/** True for a Host that names this machine whatever a name server says: all that a page of our own can come from. */
export function isLoopbackHost(host: string): boolean {
  return loopbackNames.includes(host.replace(/:\d+$/, ''));
}

/** True for an address that only this machine can reach: the only kind that may go without a token. */
export function isLoopbackAddress(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
