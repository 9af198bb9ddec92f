import { oneLine } from '../bounded.ts';
import { describeItem, isGood } from '../codex/describe.ts';
import { finish } from '../dialog/end.ts';
import {
  addThought,
  addToMessage,
  endMessage,
  finishTool,
  replacePlan,
  startTool,
} from '../dialog/speech.ts';
import { notice, update } from '../dialog/work.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import { failed } from '../outcome.ts';
import type { ExecWork } from './state.ts';

/** The items that are tool calls, by the names that the app-server gives them. */
const toolTypes: Readonly<Record<string, string>> = {
  command_execution: 'commandExecution',
  file_change: 'fileChange',
  mcp_tool_call: 'mcpToolCall',
  collab_tool_call: 'collabAgentToolCall',
  web_search: 'webSearch',
};

/** The shell that Codex wraps a command in, where the command can be read off without unquoting. */
const wrapped = /^\S+ -l?c '([^']*)'$/;

/** Something begins, goes on or ends. What is said comes whole, with its end. */
export function onItem(work: ExecWork, stage: 'started' | 'updated' | 'completed', item: Fields): void {
  const type = asText(item.type) ?? '';
  const isEnd = stage === 'completed';
  if (type === 'todo_list') replacePlan(work, todos(item));
  else if (type === 'error')
    isEnd && notice(work, oneLine(asText(item.message) ?? 'Codex met an error', 2000));
  else if (Object.hasOwn(toolTypes, type)) onTool(work, isEnd, { ...item, type: toolTypes[type] });
  else if (isEnd && type === 'agent_message') say(work, item);
  else if (isEnd && type === 'reasoning') think(work, item);
}

function say(work: ExecWork, item: Fields): void {
  if (!countTurn(work)) return;
  addToMessage(work, asText(item.text) ?? '');
  endMessage(work);
}

function think(work: ExecWork, item: Fields): void {
  if (countTurn(work)) addThought(work, asText(item.text) ?? '');
}

function onTool(work: ExecWork, isEnd: boolean, item: Fields): void {
  const id = asText(item.id);
  const tool = describeItem(unwrapped(item));
  if (id === null || tool === null || !countTurn(work)) return;
  startTool(work, id, tool);
  if (!isEnd) return;
  finishTool(work, id, isGood(item) ? 'completed' : 'failed');
  if (work.state.tools.length === 0) update(work, { turnDue: true });
}

function unwrapped(item: Fields): Fields {
  const command = wrapped.exec(asText(item.command) ?? '')?.[1];
  return command === undefined ? item : { ...item, command };
}

function todos(item: Fields): { content: string; status: string }[] {
  return asList(item.items)
    .map(asFields)
    .map(({ text, completed }) => ({
      content: asText(text) ?? '',
      status: completed === true ? 'completed' : 'pending',
    }));
}

/**
 * Counts turns as far as the items show them: one is what the model says and does until the last of its tools has ended.
 * Codex has no limit of its own and takes no word to stop, so that a run over its limit is left to be ended. Returns false
 * when it ended here.
 */
function countTurn(work: ExecWork): boolean {
  const { turnDue, maxTurns } = work.state;
  if (!turnDue) return true;
  const turns = work.state.turns + 1;
  update(work, { turns, turnDue: false });
  if (maxTurns === null || turns <= maxTurns) return true;
  const noun = maxTurns === 1 ? '1 turn' : `${maxTurns} turns`;
  finish(work, failed('max_turns', `The run was stopped after ${noun}, its limit`));
  return false;
}
