import type { ApprovalMode } from '../../../contract/index.ts';
import { oneLine } from '../bounded.ts';
import { finish } from '../dialog/end.ts';
import type { Incoming } from '../dialog/rpc.ts';
import { arrived, notice, update, write } from '../dialog/work.ts';
import { asFields, asText, type Fields } from '../fields.ts';
import { failed } from '../outcome.ts';
import { onToldResponse, tellHeld } from './messages.ts';
import type { CodexState, CodexWork } from './state.ts';
import { request, rpcCodes, rpcIds } from './wire.ts';

/** How often a request is made that Codex is too busy for. */
export const maxRefusals = 5;

/**
 * What Codex may do unasked. `ask`: nothing that changes anything. `auto`: what its sandbox allows, and what it asks for
 * beyond that is allowed by the run's mode. `unrestricted`: the same without a sandbox.
 */
const policies = {
  ask: { approvalPolicy: 'untrusted', sandbox: 'workspace-write' },
  auto: { approvalPolicy: 'on-request', sandbox: 'workspace-write' },
  unrestricted: { approvalPolicy: 'on-request', sandbox: 'danger-full-access' },
} as const satisfies Record<ApprovalMode, object>;

/** First request. */
export function sendInitialize(work: CodexWork): void {
  const params = {
    clientInfo: { name: 'drover', title: 'drover', version: '1' },
    capabilities: { experimentalApi: false, requestAttestation: false },
  };
  write(work, `initialize${again(work.state)}`, request(rpcIds.initialize, 'initialize', params));
}

/**
 * Opens a thread, or the one that is to go on. Codex trusts a folder for good that it is told to work in, and writes
 * that down in the person's own configuration: so each thread is told what drover knows of its folder.
 */
function sendThread(work: CodexWork): void {
  const { cwd, approvalMode, model, sessionId, isTrusted } = work.state.request;
  const trust_level = isTrusted ? 'trusted' : 'untrusted';
  const params = {
    cwd,
    ...policies[approvalMode],
    ...(model !== null && { model }),
    config: { projects: { [cwd]: { trust_level } } },
  };
  const key = `thread${again(work.state)}`;
  update(work, { phase: 'thread' });
  if (sessionId === null) write(work, key, request(rpcIds.thread, 'thread/start', params));
  else write(work, key, request(rpcIds.thread, 'thread/resume', { ...params, threadId: sessionId }));
}

/** The turn begins. A second copy would be a second message: it is not repeated blindly. */
function sendTurn(work: CodexWork, prompt: string): void {
  const { threadId, request: asked } = work.state;
  const params = {
    threadId,
    clientUserMessageId: asked.runId,
    input: [{ type: 'text', text: prompt, text_elements: [] }],
  };
  update(work, { phase: 'turn' });
  write(work, `turn${again(work.state)}`, request(rpcIds.turn, 'turn/start', params), 'unsafe');
}

/** An answer to a request of drover: taken once, in its phase. */
export function onResponse(work: CodexWork, message: Extract<Incoming, { kind: 'response' }>): void {
  if (message.id === rpcIds.interrupt) arrived(work, 'interrupt');
  if (onToldResponse(work, message)) return;
  const { phase } = work.state;
  if (phase === 'working' || message.id !== rpcIds[phase]) return;
  arrived(work, `${phase}${again(work.state)}`);
  const { error } = message;
  if (error === null) {
    onSuccess(work, message.result);
    return;
  }
  if (error.code === rpcCodes.overloaded && work.state.refusals < maxRefusals) {
    notice(work, 'Codex is too busy for a request; it is made again');
    update(work, { refusals: work.state.refusals + 1 });
    if (phase === 'initialize') sendInitialize(work);
    else if (phase === 'thread') sendThread(work);
    else sendTurn(work, work.state.request.prompt);
    return;
  }
  const said = oneLine(error.message);
  const isLost = phase === 'thread' && work.state.request.sessionId !== null;
  finish(
    work,
    isLost
      ? failed('session_lost', `The agent does not know this session any more: ${said}`)
      : failed(
          'agent_error',
          `The agent refused ${phase === 'turn' ? 'the prompt' : `to begin (${phase})`}: ${said}`,
        ),
  );
}

function onSuccess(work: CodexWork, answer: Fields): void {
  switch (work.state.phase) {
    case 'initialize':
      write(work, 'initialized', { method: 'initialized' });
      sendThread(work);
      return;
    case 'thread':
      onThread(work, asText(asFields(answer.thread).id));
      return;
    case 'turn':
      update(work, { promptArrived: true });
      beginWork(work, asText(asFields(answer.turn).id));
      return;
    case 'working':
      return;
  }
}

function onThread(work: CodexWork, threadId: string | null): void {
  if (threadId === null) {
    finish(work, failed('protocol_error', 'The agent opened a thread without an id'));
    return;
  }
  update(work, { threadId });
  work.effects.push({ kind: 'session', sessionId: threadId });
  sendTurn(work, work.state.request.prompt);
  tellHeld(work);
}

/** The turn is under way; the prompt is not needed any more. */
export function beginWork(work: CodexWork, turnId: string | null): void {
  const asked = { ...work.state.request, prompt: '' };
  update(work, { phase: 'working', turnId: turnId ?? work.state.turnId, ended: null, request: asked });
}

/** A sign in the output that the prompt was read, which may come before the answer to it. */
export function notePrompt(work: CodexWork): void {
  if (work.state.promptArrived) return;
  update(work, { promptArrived: true });
  arrived(work, `turn${again(work.state)}`);
}

function again({ refusals }: CodexState): string {
  return refusals === 0 ? '' : `:${refusals + 1}`;
}
