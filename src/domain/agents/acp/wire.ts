import { asFields, asText, type Fields } from '../fields.ts';

export { asCount, asFields, asList, asText, type Fields } from '../fields.ts';

/** The JSON-RPC ids of drover's own requests: fixed, so that a request written twice is answered under one id. */
export const rpcIds = { initialize: 1, session: 2, config: 3, prompt: 4 } as const;

/** JSON-RPC and ACP error codes that drover reads or gives. */
export const rpcCodes = {
  invalidParams: -32602,
  methodNotFound: -32601,
  authRequired: -32000,
  notFound: -32002,
  canceled: -32800,
  busy: -32003,
} as const;

export type RpcId = string | number | null;
export type RpcError = { readonly code: number; readonly message: string; readonly data: unknown };

/** One line of the agent, sorted by what it is. `noise` is anything that is no JSON-RPC message. */
export type Incoming =
  | { readonly kind: 'request'; readonly id: RpcId; readonly method: string; readonly params: Fields }
  | { readonly kind: 'notification'; readonly method: string; readonly params: Fields }
  | {
      readonly kind: 'response';
      readonly id: RpcId;
      readonly result: Fields;
      readonly error: RpcError | null;
    }
  | { readonly kind: 'noise' };

/** Sorts a line. Never throws: the agent's output is data. */
export function parseLine(line: string): Incoming {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'noise' }; // banners and warnings on stdout: shown as output, not an error of the protocol
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'noise' };
  const message = value as Fields;
  const { method } = message;
  const id = asId(message.id);
  if (typeof method === 'string') {
    const params = asFields(message.params);
    return id === undefined
      ? { kind: 'notification', method, params }
      : { kind: 'request', id, method, params };
  }
  if (id === undefined || !('result' in message || 'error' in message)) return { kind: 'noise' };
  return { kind: 'response', id, result: asFields(message.result), error: asError(message.error) };
}

/** A request of drover as a line. */
export function encodeRequest(id: number, method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

/** A notification of drover as a line. */
export function encodeNotification(method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}

/** The answer to a request of the agent as a line. */
export function encodeResult(id: RpcId, result: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}

/** The refusal of a request of the agent as a line. */
export function encodeError(id: RpcId, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
}

function asId(value: unknown): RpcId | undefined {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? value + 0 : undefined;
}

function asError(value: unknown): RpcError | null {
  if (value === undefined || value === null) return null;
  const error = asFields(value);
  const code = typeof error.code === 'number' && Number.isFinite(error.code) ? error.code : 0;
  return { code, message: asText(error.message) ?? 'no message', data: error.data };
}
