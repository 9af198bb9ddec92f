import type { RpcId } from '../dialog/rpc.ts';

/**
 * The JSON-RPC ids of drover's own requests: fixed, so that a request written twice is answered under one id. From that of
 * the prompt on they belong to prompts; that of the mode is out of their way.
 */
export const rpcIds = { initialize: 1, session: 2, config: 3, prompt: 4, mode: 1_000_000 } as const;

/** The id of the request with the run's prompt (0), or with the message that is its nth. */
export function promptId(number: number): number {
  return rpcIds.prompt + number;
}

/** JSON-RPC and ACP error codes that drover reads or gives. */
export const rpcCodes = {
  invalidParams: -32602,
  methodNotFound: -32601,
  authRequired: -32000,
  notFound: -32002,
  canceled: -32800,
  busy: -32003,
} as const;

/** A request of drover. */
export function encodeRequest(id: number, method: string, params: unknown): unknown {
  return { jsonrpc: '2.0', id, method, params };
}

/** A notification of drover. */
export function encodeNotification(method: string, params: unknown): unknown {
  return { jsonrpc: '2.0', method, params };
}

/** The answer to a request of the agent. */
export function encodeResult(id: RpcId, result: unknown): unknown {
  return { jsonrpc: '2.0', id, result };
}

/** The refusal of a request of the agent. */
export function encodeError(id: RpcId, code: number, message: string): unknown {
  return { jsonrpc: '2.0', id, error: { code, message } };
}
