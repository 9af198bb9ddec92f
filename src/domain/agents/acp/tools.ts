import { boundInput, oneLine } from '../bounded.ts';
import { endMessage } from './message.ts';
import { noteArrived } from './pending.ts';
import { emit, maxOpenTools, update, type Work } from './state.ts';
import { countTurn } from './turns.ts';
import { asText, type Fields } from './wire.ts';

const workingStatuses: readonly string[] = ['in_progress', 'completed', 'failed'];

/**
 * A `tool_call`, a `tool_call_update`, or the call inside a permission request. The first mention with a title starts
 * the call; `completed` and `failed` finish it; an update without a status, or of a call not open, says nothing new.
 */
export function followTool(work: Work, call: Fields, isNew: boolean): void {
  const id = asText(call.toolCallId);
  if (id === null) return;
  const status = asText(call.status);
  if (status !== null && workingStatuses.includes(status) && !isNew) noteArrived(work, id);
  const known = work.state.tools.find(([open]) => open === id);
  if (known === undefined) {
    if (!isNew && (isFinal(status) || asText(call.title) === null)) return;
    if (!startTool(work, id, call)) return;
  }
  if (status === null || status === known?.[1]) return;
  if (isFinal(status)) finishTool(work, id, status);
  else if (known !== undefined) {
    setStatus(work, id, status);
    emit(work, { type: 'tool.updated', data: { tool_call_id: oneLine(id), status: oneLine(status) } });
  }
}

function startTool(work: Work, id: string, call: Fields): boolean {
  endMessage(work);
  if (!countTurn(work)) return false;
  const title = oneLine(asText(call.title) ?? asText(call.name) ?? 'Tool call');
  const kind = oneLine(asText(call.kind) ?? 'other', 80);
  const input = boundInput(call.rawInput);
  emit(work, { type: 'tool.started', data: { tool_call_id: oneLine(id), title, kind, input } });
  const tools = [...work.state.tools, [id, asText(call.status) ?? 'pending'] as const];
  update(work, { tools: tools.slice(-maxOpenTools) });
  return true;
}

function finishTool(work: Work, id: string, status: 'completed' | 'failed'): void {
  emit(work, { type: 'tool.finished', data: { tool_call_id: oneLine(id), status } });
  const tools = work.state.tools.filter(([open]) => open !== id);
  update(work, { tools, turnDue: work.state.turnDue || tools.length === 0 });
}

function setStatus(work: Work, id: string, status: string): void {
  update(work, { tools: work.state.tools.map((tool) => (tool[0] === id ? ([id, status] as const) : tool)) });
}

function isFinal(status: string | null): status is 'completed' | 'failed' {
  return status === 'completed' || status === 'failed';
}
