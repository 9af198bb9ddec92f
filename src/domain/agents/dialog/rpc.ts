import { asFields, asText, type Fields, parseFields } from '../fields.ts';

/** The id of a JSON-RPC request. */
export type RpcId = string | number | null;
/** What went wrong with one. */
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
  const message = parseFields(line);
  if (message === null) return { kind: 'noise' };
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
