import { createHash } from 'node:crypto';

/** The ids of drover's own requests: fixed, so that one written twice is the same one. */
export const requestIds = {
  initialize: 'drover-initialize',
  usage: 'drover-usage',
  interrupt: 'drover-interrupt',
} as const;

/** A request to Claude Code. */
export function controlRequest(request_id: string, subtype: string): unknown {
  return { type: 'control_request', request_id, request: { subtype } };
}

/** The answer to a request of Claude Code. */
export function controlResponse(request_id: string, response: unknown): unknown {
  return { type: 'control_response', response: { subtype: 'success', request_id, response } };
}

/** The refusal of a request of Claude Code. */
export function controlError(request_id: string, error: string): unknown {
  return { type: 'control_response', response: { subtype: 'error', request_id, error } };
}

/** A message of the person. Claude Code takes one of a uuid that it has seen for the same one. */
export function userMessage(uuid: string, text: string): unknown {
  return { type: 'user', uuid, message: { role: 'user', content: [{ type: 'text', text }] } };
}

/** The uuid of one message of a run: the same each time, in the form of a random one. */
export function uuidOf({ runId }: { readonly runId: string }, key: string): string {
  const hex = createHash('sha256').update(`${runId}/${key}`).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
