import type { Adapter, AgentRequest, ApprovalAnswer, OutputPiece, ProcessExit, Step } from '../adapter.ts';
import { lastWords, maxEventChars, oneLine } from '../bounded.ts';
import { formResult } from '../dialog/form.ts';
import { canceled } from '../outcome.ts';
import { finish, outcomeOfExit } from './finish.ts';
import { sendInitialize } from './handshake.ts';
import { leaveMessage } from './message.ts';
import { answerPending, nextKey, withdrawByAgent } from './pending.ts';
import { onPermission, permissionResult } from './permission.ts';
import { onQuestion } from './question.ts';
import { readResponse } from './responses.ts';
import { type AcpState, emit, initialState, notice, step, update, type Work, write } from './state.ts';
import { tellCancel } from './turns.ts';
import { notePromptArrived, readUpdate } from './updates.ts';
import { asText, encodeError, type Fields, type Incoming, parseLine, rpcCodes } from './wire.ts';

/** A message of the agent longer than this is skipped: nothing drover needs is that long. */
export const maxLineBytes = 8 * 2 ** 20;

/**
 * ACP version 1 as a codec. The way of a run:
 * 1. `initialize`, and its answer says what the agent can;
 * 2. `session/new`, or `session/resume` or `session/load` for a session that is to go on;
 * 3. with a model asked for: `session/set_config_option`, or the run fails;
 * 4. `session/prompt`: the only write that must not be repeated after a crash;
 * 5. updates become events, requests for permission become approvals;
 * 6. the answer to the prompt carries the stop reason, which is the outcome.
 */
export const acpAdapter: Adapter<AcpState> = {
  runtime: 'acp',
  input: 'lines',
  stdoutLine: { maxBytes: maxLineBytes, beyond: 'drop' },
  coalesce: false,
  commandLine: (command) => command,
  start,
  read,
  answer,
  cancel,
  left: (state: AcpState) => step(state, leaveMessage),
  exited: (state: AcpState, exit: ProcessExit) => outcomeOfExit(state, exit),
};

function start(request: AgentRequest): Step<AcpState> {
  return step(initialState(request), sendInitialize);
}

function read(state: AcpState, piece: OutputPiece): Step<AcpState> {
  return step(state, (work) => {
    if (piece.stream === 'stderr') readStderr(work, piece);
    else readStdout(work, piece);
  });
}

function readStderr(work: Work, piece: OutputPiece): void {
  const { text, offset, bytes, partial } = piece;
  emit(work, { type: 'output.stderr', data: { text, offset, bytes, partial } });
  noteWords(work, text);
}

/** Lines are taken one by one, however many a piece holds. A line in several pieces is too long to be a message. */
function readStdout(work: Work, piece: OutputPiece): void {
  const skips = piece.partial || work.state.skipping;
  if (skips) {
    if (!work.state.skipping) notice(work, 'The agent wrote a line too long to be a message; it was skipped');
    update(work, { skipping: piece.partial });
    return;
  }
  let { offset } = piece;
  const lines = piece.text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (work.state.phase === 'finished') return;
    const isLast = index === lines.length - 1;
    const bytes = isLast ? piece.offset + piece.bytes - offset : Buffer.byteLength(line) + 1;
    if (line.trim() !== '') readMessage(work, line, { offset, bytes });
    offset += bytes;
  }
}

function readMessage(
  work: Work,
  line: string,
  at: { readonly offset: number; readonly bytes: number },
): void {
  const message = parseLine(line);
  switch (message.kind) {
    case 'noise':
      readNoise(work, line, at);
      return;
    case 'notification':
      if (message.method === 'session/update') readUpdate(work, message.params);
      else if (message.method === '$/cancel_request') withdrawByAgent(work, asRequestId(message.params));
      return;
    case 'request':
      readRequest(work, message);
      return;
    case 'response':
      readResponse(work, message);
      return;
  }
}

/** A line that is no message. An output event tells bytes of the file word for word, so a long one cannot be one. */
function readNoise(work: Work, line: string, at: { readonly offset: number; readonly bytes: number }): void {
  noteWords(work, line);
  if (at.bytes <= maxEventChars) {
    emit(work, { type: 'output.stdout', data: { text: line, ...at, partial: false } });
    return;
  }
  const reason = 'The line is no message of the protocol, and too long to be shown';
  emit(work, { type: 'output.truncated', data: { stream: 'stdout', ...at, reason } });
}

function readRequest(work: Work, { id, method, params }: Extract<Incoming, { kind: 'request' }>): void {
  switch (method) {
    case 'session/request_permission':
      if (work.state.phase === 'prompt') notePromptArrived(work);
      onPermission(work, id, params);
      return;
    case 'elicitation/create':
      onQuestion(work, id, params);
      return;
    default: {
      const message = `drover does not offer ${oneLine(method, 80)}`;
      write(work, `refuse:${nextKey(work)}`, encodeError(id, rpcCodes.methodNotFound, message));
    }
  }
}

function answer(state: AcpState, key: string, given: ApprovalAnswer): Step<AcpState> {
  return step(state, (work) => {
    const pending = work.state.pending.find((other) => other.key === key);
    if (pending === undefined) return;
    const { ask } = pending;
    const result =
      ask.kind === 'permission' ? permissionResult(work, ask.options, given) : formResult(ask.fields, given);
    answerPending(work, pending, result);
  });
}

function cancel(state: AcpState): Step<AcpState> {
  return step(state, (work) => {
    if (work.state.canceling) return;
    update(work, { canceling: true });
    if (work.state.phase === 'prompt') tellCancel(work);
    else finish(work, canceled(null));
  });
}

function noteWords(work: Work, text: string): void {
  const words = lastWords(text);
  if (words !== null) update(work, { lastWords: oneLine(words) });
}

function asRequestId(params: Fields): string | number | null {
  const { requestId } = params;
  return typeof requestId === 'number' ? requestId : asText(requestId);
}
