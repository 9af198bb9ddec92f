import { boundInput, oneLine, pieces, shorten } from '../bounded.ts';
import { type AnyDialog, emit, maxOpenTools, update, type Work } from './work.ts';

/** What is kept of one message, in characters: its pieces are all journaled, its whole text up to here. */
export const maxMessageChars = 2 ** 20;
/** The longest todo list that is taken over. */
export const maxPlanEntries = 200;

/** A piece of the agent's message. */
export function addToMessage(work: Work<AnyDialog>, text: string): void {
  if (text === '') return;
  for (const part of pieces(text)) emit(work, { type: 'message.delta', data: { text: part } });
  update(work, { message: shorten((work.state.message ?? '') + text, maxMessageChars) });
}

/** Ends the message that is open: its whole text, which is the result so far. */
export function endMessage(work: Work<AnyDialog>): void {
  const { message } = work.state;
  if (message === null) return;
  update(work, { message: null });
  emit(work, { type: 'message.completed', data: { text: message } });
  if (message.trim() !== '') work.effects.push({ kind: 'result', text: message });
}

/** Ends the message that is open because its agent is gone. It is no result: nobody knows what was still to come. */
export function leaveMessage(work: Work<AnyDialog>): void {
  const { message } = work.state;
  if (message === null) return;
  update(work, { message: null });
  emit(work, { type: 'message.completed', data: { text: message, partial: true } });
}

/** A piece of what the agent thinks. */
export function addThought(work: Work<AnyDialog>, text: string): void {
  for (const part of pieces(text)) emit(work, { type: 'thought.delta', data: { text: part } });
}

/** A tool call begins. One that has begun already says nothing new. */
export function startTool(
  work: Work<AnyDialog>,
  id: string,
  call: { readonly title: string; readonly kind: string; readonly input: unknown },
): void {
  if (work.state.tools.includes(id)) return;
  endMessage(work);
  update(work, { tools: [...work.state.tools, id].slice(-maxOpenTools) });
  emit(work, {
    type: 'tool.started',
    data: {
      tool_call_id: oneLine(id),
      title: oneLine(call.title),
      kind: oneLine(call.kind, 80),
      input: boundInput(call.input),
    },
  });
}

/** A tool call ends; one that was not open ends silently. */
export function finishTool(work: Work<AnyDialog>, id: string, status: 'completed' | 'failed'): void {
  if (!work.state.tools.includes(id)) return;
  update(work, { tools: work.state.tools.filter((open) => open !== id) });
  emit(work, { type: 'tool.finished', data: { tool_call_id: oneLine(id), status } });
}

/** The agent's todo list as it is now. */
export function replacePlan(
  work: Work<AnyDialog>,
  entries: readonly { readonly content: string; readonly status: string }[],
): void {
  emit(work, {
    type: 'agent_plan.updated',
    data: {
      entries: entries
        .slice(0, maxPlanEntries)
        .map(({ content, status }) => ({ content: oneLine(content), status: oneLine(status, 80) })),
    },
  });
}
