import { oneLine } from '../bounded.ts';
import { noteArrived } from '../dialog/pending.ts';
import * as dialog from '../dialog/speech.ts';
import { emit, update } from '../dialog/work.ts';
import { asText, type Fields } from '../fields.ts';
import type { Work } from './state.ts';
import { countTurn } from './turns.ts';

const { endMessage } = dialog;

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
  const known = work.state.statuses.find(([open]) => open === id);
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
  const title = asText(call.title) ?? asText(call.name) ?? 'Tool call';
  dialog.startTool(work, id, { title, kind: asText(call.kind) ?? 'other', input: call.rawInput });
  const statuses = [...work.state.statuses, [id, asText(call.status) ?? 'pending'] as const];
  update(work, { statuses: statuses.filter(([open]) => work.state.tools.includes(open)) });
  return true;
}

function finishTool(work: Work, id: string, status: 'completed' | 'failed'): void {
  dialog.finishTool(work, id, status);
  const { tools, statuses, turnDue } = work.state;
  update(work, {
    statuses: statuses.filter(([open]) => open !== id),
    turnDue: turnDue || tools.length === 0,
  });
}

function setStatus(work: Work, id: string, status: string): void {
  const statuses = work.state.statuses.map((open) => (open[0] === id ? ([id, status] as const) : open));
  update(work, { statuses });
}

function isFinal(status: string | null): status is 'completed' | 'failed' {
  return status === 'completed' || status === 'failed';
}
