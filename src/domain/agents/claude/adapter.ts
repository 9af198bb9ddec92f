import type { Adapter, AgentRequest, ApprovalAnswer, OutputPiece, ProcessExit, Step } from '../adapter.ts';
import { finish, leave, outcomeOfExit } from '../dialog/end.ts';
import { maxLineBytes, readPiece } from '../dialog/lines.ts';
import { goOnText, type Message, noteRead, sayKey, takeGoOn, takeMessage } from '../dialog/messages.ts';
import { withdrawPending } from '../dialog/pending.ts';
import { arrived, step, update, write } from '../dialog/work.ts';
import { asFields, asText, type Fields, parseFields } from '../fields.ts';
import { failed } from '../outcome.ts';
import { claudeCommandLine } from './command-line.ts';
import { answerRequest, onRequest } from './requests.ts';
import { onResult } from './result.ts';
import { type ClaudeState, type ClaudeWork, initialState } from './state.ts';
import { onAssistant, onStreamEvent, onToolResults } from './stream.ts';
import { onRateLimit, onSystem } from './system.ts';
import { noteUsageBefore } from './usage.ts';
import { controlRequest, requestIds, userMessage, uuidOf } from './wire.ts';

/**
 * Claude Code's stream of JSON as a codec. The way of a run:
 * 1. `initialize` and the prompt are written at once: it reads them in order;
 * 2. `system/init` names the session; `stream_event` tells what is said as it is said, `assistant` and `user` tell it whole;
 * 3. `can_use_tool` asks for a permission, or puts a question, and waits for as long as it takes;
 * 4. what is said meanwhile is taken up between two steps of the turn, or begins one more after it; `command_lifecycle`
 *    tells when;
 * 5. `result` ends the turn, and is the outcome when nothing that was said is left.
 *
 * Every write may be repeated after a crash: a prompt is known by its uuid, an answer by the id of its request.
 */
export const claudeAdapter: Adapter<ClaudeState> = {
  runtime: 'claude',
  input: 'lines',
  stdoutLine: { maxBytes: maxLineBytes, beyond: 'drop' },
  coalesce: false,
  commandLine: claudeCommandLine,
  start,
  read: (state: ClaudeState, piece: OutputPiece) => step(state, (work) => readPiece(work, piece, onLine)),
  answer,
  takesMessages: true,
  say,
  goOn,
  cancel,
  left: (state: ClaudeState) => step(state, leave),
  exited: (state: ClaudeState, exit: ProcessExit) =>
    outcomeOfExit(state, exit, state.promptArrived ? 'before it had answered' : 'before it was ready'),
};

function start(request: AgentRequest): Step<ClaudeState> {
  return step(initialState(request), (work) => {
    write(work, 'initialize', controlRequest(requestIds.initialize, 'initialize'));
    if (request.sessionId !== null) write(work, 'usage', controlRequest(requestIds.usage, 'get_usage'));
    write(work, 'prompt', userMessage(uuidOf(work.state, 'prompt'), request.prompt));
  });
}

function onLine(work: ClaudeWork, line: string): boolean {
  const message = parseFields(line);
  if (message === null || typeof message.type !== 'string') return false;
  if (message.parent_tool_use_id === undefined || message.parent_tool_use_id === null)
    noteTaken(work, message);
  switch (message.type) {
    case 'system':
      onSystem(work, message);
      break;
    case 'stream_event':
      onStreamEvent(work, message);
      break;
    case 'assistant':
      onAssistant(work, message);
      break;
    case 'user':
      onToolResults(work, message);
      break;
    case 'control_request':
      onRequest(work, message);
      break;
    case 'control_response':
      onResponse(work, asFields(message.response));
      break;
    case 'control_cancel_request':
      onWithdrawn(work, message);
      break;
    case 'rate_limit_event':
      onRateLimit(work, asFields(message.rate_limit_info));
      break;
    case 'result':
      onResult(work, message);
      break;
    // Anything else is menus and housekeeping; what is new to drover is ignored, and is in the run's files.
  }
  return true;
}

/** Each of these is there only because the prompt, or a message, was taken up: it is named, or echoed under its uuid. */
function noteTaken(work: ClaudeWork, message: Fields): void {
  const { type, command_uuid, state } = message;
  const uuid = type === 'user' ? message.uuid : command_uuid;
  const isAnswer = type === 'assistant' || type === 'stream_event';
  if (!work.state.promptArrived && (isAnswer || uuid === uuidOf(work.state, 'prompt'))) {
    update(work, { promptArrived: true });
    arrived(work, 'prompt');
  }
  if (type !== 'user' && (type !== 'command_lifecycle' || state !== 'started')) return;
  for (const key of work.state.unread) if (uuid === uuidOf(work.state, sayKey(key))) noteRead(work, key);
}

function onResponse(work: ClaudeWork, response: Fields): void {
  const id = asText(response.request_id);
  if (id === requestIds.interrupt) arrived(work, 'interrupt');
  if (id === requestIds.usage) {
    arrived(work, 'usage');
    noteUsageBefore(work, asFields(response.response));
  }
  if (id !== requestIds.initialize) return;
  arrived(work, 'initialize');
  if (response.subtype !== 'error') return;
  finish(
    work,
    failed('protocol_error', `Claude Code refused to begin: ${asText(response.error) ?? 'no reason'}`),
  );
}

function onWithdrawn(work: ClaudeWork, message: Fields): void {
  const pending = work.state.pending.find((other) => other.id === message.request_id);
  if (pending !== undefined) withdrawPending(work, pending, 'The agent took its request back');
}

function answer(state: ClaudeState, key: string, given: ApprovalAnswer): Step<ClaudeState> {
  return step(state, (work) => {
    const pending = work.state.pending.find((other) => other.key === key);
    if (pending !== undefined) answerRequest(work, pending, given);
  });
}

/** Written at once: Claude Code keeps it until it comes to it. */
function say(state: ClaudeState, { key, text }: Message): Step<ClaudeState> {
  return step(state, (work) => {
    if (takeMessage(work, key)) tell(work, sayKey(key), text);
  });
}

function goOn(state: ClaudeState): Step<ClaudeState> {
  return step(state, (work) => {
    const key = takeGoOn(work);
    if (key !== null) tell(work, key, goOnText);
  });
}

function tell(work: ClaudeWork, key: string, text: string): void {
  write(work, key, userMessage(uuidOf(work.state, key), text));
}

/** An interrupt ends the turn, and with it what was asked. */
function cancel(state: ClaudeState): Step<ClaudeState> {
  return step(state, (work) => {
    if (work.state.canceling) return;
    update(work, { canceling: true });
    for (const pending of work.state.pending) withdrawPending(work, pending, 'The turn was canceled');
    write(work, 'interrupt', controlRequest(requestIds.interrupt, 'interrupt'));
  });
}
