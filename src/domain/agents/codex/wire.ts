import type { RpcId } from '../dialog/rpc.ts';

/** The JSON-RPC ids of drover's own requests: fixed, so that a request written twice is answered under one id. Messages count on. */
export const rpcIds = { initialize: 1, thread: 2, turn: 3, interrupt: 4, message: 100 } as const;

/** The codes of Codex that drover reads or gives. */
export const rpcCodes = { overloaded: -32001, methodNotFound: -32601, busy: -32003 } as const;

/** A request of drover. Codex leaves `jsonrpc` out, and so does drover. */
export function request(id: number, method: string, params: unknown): unknown {
  return { id, method, params };
}

/** The answer to a request of Codex. */
export function result(id: RpcId, value: unknown): unknown {
  return { id, result: value };
}

/** The refusal of a request of Codex. */
export function refusal(id: RpcId, code: number, message: string): unknown {
  return { id, error: { code, message } };
}
