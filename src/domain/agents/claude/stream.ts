import { noteProgress } from '../dialog/end.ts';
import { noteArrived } from '../dialog/pending.ts';
import { addThought, addToMessage, endMessage, finishTool, startTool } from '../dialog/speech.ts';
import { update } from '../dialog/work.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import type { ClaudeWork } from './state.ts';
import { followPlan, kindOf, noteTask, titleOf } from './tools.ts';
import { countTurn } from './turns.ts';
import { noteMessageUsage, noteStreamedUsage } from './usage.ts';

/** A piece of what the model says, as it says it. What a subagent says stays between the two. */
export function onStreamEvent(work: ClaudeWork, message: Fields): void {
  if (isSubagent(message)) return;
  const event = asFields(message.event);
  if (event.type === 'message_start' && !countTurn(work)) return;
  noteStreamedUsage(work, event);
  if (event.type !== 'content_block_delta') return;
  const delta = asFields(event.delta);
  const { streamed } = work.state;
  if (delta.type === 'text_delta') {
    addToMessage(work, asText(delta.text) ?? '');
    update(work, { streamed: { ...streamed, text: true } });
  } else if (delta.type === 'thinking_delta') {
    const thought = asText(delta.thinking) ?? '';
    if (thought !== '') endMessage(work);
    addThought(work, thought);
    update(work, { streamed: { ...streamed, thought: true } });
  }
}

/** A block of the model's message, whole: told now, unless it was told in pieces. */
export function onAssistant(work: ClaudeWork, message: Fields): void {
  const error = asText(message.error);
  if (error === null) noteProgress(work);
  else update(work, { apiError: error });
  noteMessageUsage(work, asFields(message.message));
  for (const block of asList(asFields(message.message).content).map(asFields)) {
    if (block.type === 'tool_use') onToolUse(work, block);
    else if (error === null && !isSubagent(message)) onBlock(work, block);
  }
}

function onBlock(work: ClaudeWork, block: Fields): void {
  const { streamed } = work.state;
  if (block.type === 'text') {
    if (!streamed.text) addToMessage(work, asText(block.text) ?? '');
    endMessage(work);
    update(work, { streamed: { ...streamed, text: false } });
  } else if (block.type === 'thinking') {
    if (!streamed.thought) addThought(work, asText(block.thinking) ?? '');
    update(work, { streamed: { ...streamed, thought: false } });
  }
}

function onToolUse(work: ClaudeWork, block: Fields): void {
  const id = asText(block.id);
  const name = asText(block.name);
  if (id === null || name === null) return;
  const input = asFields(block.input);
  startTool(work, id, { title: titleOf(name, input), kind: kindOf(name), input });
  followPlan(work, name, input);
}

/** What tools gave back. An answer of ours that let one run has arrived then. */
export function onToolResults(work: ClaudeWork, message: Fields): void {
  noteTask(work, message.tool_use_result);
  for (const block of asList(asFields(message.message).content).map(asFields)) {
    const id = asText(block.tool_use_id);
    if (block.type !== 'tool_result' || id === null) continue;
    noteArrived(work, id);
    finishTool(work, id, block.is_error === true ? 'failed' : 'completed');
  }
}

function isSubagent(message: Fields): boolean {
  return typeof message.parent_tool_use_id === 'string';
}
