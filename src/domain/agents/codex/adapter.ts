import type { Adapter, AgentRequest, ApprovalAnswer, OutputPiece, ProcessExit, Step } from '../adapter.ts';
import { oneLine } from '../bounded.ts';
import { finish, leave, outcomeOfExit } from '../dialog/end.ts';
import { maxLineBytes, readPiece } from '../dialog/lines.ts';
import { withdrawPending } from '../dialog/pending.ts';
import { parseLine } from '../dialog/rpc.ts';
import { replacePlan } from '../dialog/speech.ts';
import { notice, step, update } from '../dialog/work.ts';
import { asFields, asText, type Fields } from '../fields.ts';
import { canceled } from '../outcome.ts';
import { interrupt } from './answers.ts';
import { codexCommandLine } from './command-line.ts';
import { beginWork, notePrompt, onResponse, sendInitialize } from './handshake.ts';
import { onItemCompleted, onItemStarted, onMessageDelta, onThoughtDelta } from './items.ts';
import { goOn, say } from './messages.ts';
import { answerRequest, onRequest } from './requests.ts';
import { type CodexState, type CodexWork, initialState } from './state.ts';
import { onError, onRateLimits, onTurnCompleted, onUsage, planEntries } from './turn-end.ts';

/**
 * `codex app-server` as a codec. The way of a run:
 * 1. `initialize`, then `thread/start`, or `thread/resume` for a session that is to go on;
 * 2. `turn/start` with the prompt: the only write that must not be repeated after a crash;
 * 3. items begin and end, and tell what is said and done; requests for approval become approvals;
 * 4. what is said meanwhile is a `turn/start` too: Codex takes it into the turn at work, or begins one more with it;
 * 5. `turn/completed` ends the turn, and is the outcome when nothing that was said is left; at the end of its input the
 *    server leaves.
 *
 * What other threads (its subagents) say stays between them.
 */
export const codexAdapter: Adapter<CodexState> = {
  runtime: 'codex',
  input: 'lines',
  stdoutLine: { maxBytes: maxLineBytes, beyond: 'drop' },
  coalesce: false,
  commandLine: codexCommandLine,
  start: (request: AgentRequest) => step(initialState(request), sendInitialize),
  read: (state: CodexState, piece: OutputPiece) => step(state, (work) => readPiece(work, piece, onLine)),
  answer,
  takesMessages: true,
  say,
  goOn,
  cancel,
  left: (state: CodexState) => step(state, leave),
  exited: (state: CodexState, exit: ProcessExit) =>
    outcomeOfExit(state, exit, state.phase === 'working' ? 'before it had answered' : 'before it was ready'),
};

function onLine(work: CodexWork, line: string): boolean {
  const message = parseLine(line);
  switch (message.kind) {
    case 'noise':
      return false;
    case 'response':
      onResponse(work, message);
      break;
    case 'request':
      onRequest(work, message);
      break;
    case 'notification':
      onNotification(work, message.method, message.params);
      break;
  }
  return true;
}

type Handler = (work: CodexWork, params: Fields) => void;

/** What becomes of every notification of our thread; any other describes menus and settings, and is ignored. */
const handlers: Readonly<Record<string, Handler>> = {
  'turn/started': (work, params) => {
    notePrompt(work);
    beginWork(work, asText(asFields(params.turn).id));
  },
  'item/started': (work, params) => onItemStarted(work, asFields(params.item)),
  'item/completed': (work, params) => onItemCompleted(work, asFields(params.item)),
  'item/agentMessage/delta': onMessageDelta,
  'item/reasoning/summaryTextDelta': onThoughtDelta,
  'item/reasoning/textDelta': onThoughtDelta,
  'turn/plan/updated': (work, params) => replacePlan(work, planEntries(params)),
  'thread/tokenUsage/updated': onUsage,
  'account/rateLimits/updated': onRateLimits,
  'serverRequest/resolved': onResolved,
  error: onError,
  warning: (work, params) => tell(work, params.message),
  'thread/compacted': (work) => notice(work, 'The conversation was compacted to make room'),
  'model/rerouted': (work) => notice(work, 'The provider answers with another model than was asked for'),
  'turn/completed': (work, params) => onTurnCompleted(work, asFields(params.turn)),
};

/** These belong to no thread. */
const ofEveryThread: readonly string[] = ['account/rateLimits/updated', 'warning'];

function onNotification(work: CodexWork, method: string, params: Fields): void {
  if (!Object.hasOwn(handlers, method)) return;
  const { phase, threadId } = work.state;
  const isOurs = (phase === 'turn' || phase === 'working') && params.threadId === threadId;
  if (isOurs || ofEveryThread.includes(method)) handlers[method]?.(work, params);
}

/** Codex does not wait for it any more: answered, or given up with its turn. */
function onResolved(work: CodexWork, params: Fields): void {
  const pending = work.state.pending.find((other) => other.id === params.requestId);
  if (pending !== undefined) withdrawPending(work, pending, 'The agent took its request back');
}

function tell(work: CodexWork, message: unknown): void {
  const text = asText(message);
  if (text !== null) notice(work, oneLine(text, 2000));
}

function answer(state: CodexState, key: string, given: ApprovalAnswer): Step<CodexState> {
  return step(state, (work) => {
    const pending = work.state.pending.find((other) => other.key === key);
    if (pending !== undefined) answerRequest(work, pending, given);
  });
}

/** An interrupt ends the turn, and with it what was asked; before there is a turn, there is nothing to wait for. */
function cancel(state: CodexState): Step<CodexState> {
  return step(state, (work) => {
    if (work.state.canceling) return;
    update(work, { canceling: true });
    for (const pending of work.state.pending) withdrawPending(work, pending, 'The turn was canceled');
    if (!interrupt(work)) finish(work, canceled(null));
  });
}
