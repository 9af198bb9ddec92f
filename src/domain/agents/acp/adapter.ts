import type { Adapter, AgentRequest, ApprovalAnswer, OutputPiece, ProcessExit, Step } from '../adapter.ts';
import { oneLine } from '../bounded.ts';
import { leave } from '../dialog/end.ts';
import { formResult } from '../dialog/form.ts';
import { maxLineBytes, readPiece } from '../dialog/lines.ts';
import { type Message, takeHeld } from '../dialog/messages.ts';
import { nextKey } from '../dialog/pending.ts';
import { type Incoming, parseLine } from '../dialog/rpc.ts';
import { step, update, write } from '../dialog/work.ts';
import { asText, type Fields } from '../fields.ts';
import { canceled } from '../outcome.ts';
import { finish, outcomeOfExit } from './finish.ts';
import { sendInitialize } from './handshake.ts';
import { answerPending, withdrawByAgent } from './pending.ts';
import { onPermission, permissionResult } from './permission.ts';
import { onQuestion } from './question.ts';
import { readResponse } from './responses.ts';
import { type AcpState, initialState, type Work } from './state.ts';
import { tellCancel } from './turns.ts';
import { notePromptArrived, readUpdate } from './updates.ts';
import { encodeError, rpcCodes } from './wire.ts';

/**
 * ACP version 1 as a codec. The way of a run:
 * 1. `initialize`, and its answer says what the agent can;
 * 2. `session/new`, or `session/resume` or `session/load` for a session that is to go on;
 * 3. where it would not ask: `session/set_mode`; with a model asked for: `session/set_config_option` or
 *    `session/set_model`; else the run fails;
 * 4. `session/prompt`: the only write that must not be repeated after a crash;
 * 5. updates become events, requests for permission become approvals;
 * 6. the answer to the prompt carries the stop reason, which is the outcome;
 * 7. what a person said meanwhile is kept here, each message the prompt of one more turn: the last turn decides.
 */
export const acpAdapter: Adapter<AcpState> = {
  runtime: 'acp',
  input: 'lines',
  stdoutLine: { maxBytes: maxLineBytes, beyond: 'drop' },
  coalesce: false,
  commandLine: (command) => command,
  start,
  read: (state: AcpState, piece: OutputPiece) => step(state, (work) => readPiece(work, piece, onLine)),
  answer,
  takesMessages: true,
  say,
  goOn: (state: AcpState) => ({ state, effects: [] }), // ACP tells of no limit that is lifted at a known time
  cancel,
  left: (state: AcpState) => step(state, leave),
  exited: (state: AcpState, exit: ProcessExit) => outcomeOfExit(state, exit),
};

function start(request: AgentRequest): Step<AcpState> {
  return step(initialState(request), sendInitialize);
}

function onLine(work: Work, line: string): boolean {
  const message = parseLine(line);
  switch (message.kind) {
    case 'noise':
      return false;
    case 'notification':
      if (message.method === 'session/update') readUpdate(work, message.params);
      else if (message.method === '$/cancel_request') withdrawByAgent(work, asRequestId(message.params));
      break;
    case 'request':
      readRequest(work, message);
      break;
    case 'response':
      readResponse(work, message);
      break;
  }
  return true;
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

/** One prompt at a time: written when the turn before it is over. */
function say(state: AcpState, message: Message): Step<AcpState> {
  return step(state, (work) => {
    const { held } = work.state;
    if (takeHeld(work, held, message)) update(work, { held: [...held, message] });
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

function asRequestId(params: Fields): string | number | null {
  const { requestId } = params;
  return typeof requestId === 'number' ? requestId : asText(requestId);
}
