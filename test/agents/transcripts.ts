import { readFileSync } from 'node:fs';

const session = 's1';

/** The agent's side of JSON-RPC, as short as it can be said. */
export const says = {
  initialized: (capabilities: object = {}, more: object = {}) => ({
    jsonrpc: '2.0',
    id: 1,
    result: { protocolVersion: 1, agentCapabilities: capabilities, authMethods: [], ...more },
  }),
  opened: (more: object = {}) => ({ jsonrpc: '2.0', id: 2, result: { sessionId: session, ...more } }),
  stopped: (stopReason = 'end_turn', more: object = {}) => ({
    jsonrpc: '2.0',
    id: 4,
    result: { stopReason, ...more },
  }),
  failed: (id: number, code: number, message: string) => ({ jsonrpc: '2.0', id, error: { code, message } }),
  update: (sessionUpdate: string, fields: object = {}, sessionId = session) => ({
    jsonrpc: '2.0',
    method: 'session/update',
    params: { sessionId, update: { sessionUpdate, ...fields } },
  }),
  message: (text: string, messageId?: string) =>
    says.update('agent_message_chunk', { content: { type: 'text', text }, ...(messageId && { messageId }) }),
  tool: (toolCallId: string, fields: object = {}) =>
    says.update('tool_call', { toolCallId, title: `Tool ${toolCallId}`, kind: 'read', ...fields }),
  toolUpdate: (toolCallId: string, status: string) => says.update('tool_call_update', { toolCallId, status }),
  permission: (id: number | string, options: readonly object[] = allOptions, toolCallId = 'edit-1') => ({
    jsonrpc: '2.0',
    id,
    method: 'session/request_permission',
    params: {
      sessionId: session,
      toolCall: { toolCallId, title: 'Edit a.txt', kind: 'edit', rawInput: { path: 'a.txt' } },
      options,
    },
  }),
  question: (id: number | string, requestedSchema: object, mode = 'form') => ({
    jsonrpc: '2.0',
    id,
    method: 'elicitation/create',
    params: { sessionId: session, mode, message: 'Which colour?', requestedSchema },
  }),
};

/** One option of every kind, under ids that say nothing. */
export const allOptions = [
  { optionId: 'o1', name: 'Yes', kind: 'allow_once' },
  { optionId: 'o2', name: 'Yes, always', kind: 'allow_always' },
  { optionId: 'o3', name: 'No', kind: 'reject_once' },
  { optionId: 'o4', name: 'Never', kind: 'reject_always' },
];

/** A whole ordinary turn, with everything an agent says in one. */
export const ordinaryTurn: readonly object[] = [
  says.initialized(),
  says.opened(),
  says.update('available_commands_update', { availableCommands: [] }),
  says.update('plan', { entries: [{ content: 'Look', priority: 'high', status: 'pending' }] }),
  says.update('agent_thought_chunk', { content: { type: 'text', text: 'Hm — größer 🚀' } }),
  says.message('I will '),
  says.message('look.'),
  says.tool('t1', { status: 'pending', rawInput: { path: 'a.txt' } }),
  says.toolUpdate('t1', 'in_progress'),
  says.toolUpdate('t1', 'completed'),
  says.update('usage_update', { used: 1200, size: 200_000, cost: { amount: 0.25, currency: 'USD' } }),
  says.update('notice', { severity: 'info', title: 'Slow', description: 'retrying' }),
  says.message('All done.'),
  says.stopped('end_turn', { usage: { totalTokens: 3, inputTokens: 1, outputTokens: 2 } }),
];

/** What a real agent said, from the folder of transcripts. */
export function recorded(name: string): Buffer {
  return readFileSync(new URL(`./transcripts/${name}.jsonl`, import.meta.url));
}

/** The same as messages. */
export function recordedMessages(name: string): Record<string, unknown>[] {
  const lines = recorded(name).toString().trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
