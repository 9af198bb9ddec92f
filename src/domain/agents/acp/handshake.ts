import type { InitializeRequest } from '@agentclientprotocol/sdk';
import { oneLine } from '../bounded.ts';
import { sayKey } from '../dialog/messages.ts';
import { update, write } from '../dialog/work.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import { failed } from '../outcome.ts';
import { finish } from './finish.ts';
import { type Setting, setupOf } from './setup.ts';
import type { Work } from './state.ts';
import { encodeRequest, promptId, rpcIds } from './wire.ts';

/** The version of ACP that drover speaks. */
export const protocolVersion = 1;

/** No file system and no terminal of ours: the agent works with its own, inside its worktree. */
const hello: InitializeRequest = {
  protocolVersion,
  clientCapabilities: {
    fs: { readTextFile: false, writeTextFile: false },
    terminal: false,
    session: { notices: {} },
    elicitation: { form: {} },
  },
  clientInfo: { name: 'drover', title: 'drover', version: '1' },
};

/** Tells the bridge of Claude Code to read the person's own settings alone; to other agents it says nothing. */
const personAlone = { claudeCode: { options: { settingSources: ['user'] } } };

/** First request. */
export function sendInitialize(work: Work): void {
  write(work, 'initialize', encodeRequest(rpcIds.initialize, 'initialize', hello));
}

/** The agent said what it can: open a session, or go on in the one asked for. */
export function onInitialized(work: Work, result: Fields): void {
  if (result.protocolVersion !== protocolVersion) {
    const version = oneLine(String(JSON.stringify(result.protocolVersion ?? null)), 80);
    finish(work, failed('protocol_error', `The agent speaks ACP version ${version}, drover version 1`));
    return;
  }
  const signIn = asList(result.authMethods)
    .map((method) => asText(asFields(method).name))
    .filter((name) => name !== null)
    .slice(0, 5)
    .map((name) => oneLine(name, 80));
  update(work, { phase: 'session', signIn });
  const { cwd, sessionId, isTrusted } = work.state;
  const params = { cwd, mcpServers: [], ...(!isTrusted && { _meta: personAlone }) };
  if (sessionId === null) {
    write(work, 'session/open', encodeRequest(rpcIds.session, 'session/new', params));
    return;
  }
  const method = wayToContinue(asFields(result.agentCapabilities));
  if (method === null) {
    finish(work, failed('session_lost', `The agent cannot continue a session (asked for '${sessionId}')`));
    return;
  }
  update(work, { isLoaded: method === 'session/load' });
  write(work, 'session/open', encodeRequest(rpcIds.session, method, { sessionId, ...params }));
}

/** `session/resume` brings no history again and is preferred; `session/load` replays it, unread. */
function wayToContinue(capabilities: Fields): 'session/resume' | 'session/load' | null {
  const { resume } = asFields(capabilities.sessionCapabilities);
  if (typeof resume === 'object' && resume !== null) return 'session/resume';
  return capabilities.loadSession === true ? 'session/load' : null;
}

/** The session is open: what has to be set before the prompt is set. */
export function onSession(work: Work, result: Fields): void {
  const sessionId = work.state.sessionId ?? asText(result.sessionId);
  if (sessionId === null) {
    finish(work, failed('protocol_error', 'The agent opened a session without an id'));
    return;
  }
  work.effects.push({ kind: 'session', sessionId });
  const { isLoaded, model } = work.state;
  const setup = setupOf({ session: result, isLoaded, model });
  update(work, { sessionId, phase: 'config' });
  if ('refusal' in setup) finish(work, failed('option_unsupported', setup.refusal));
  else sendSetup(work, setup.settings);
}

/** The first of these settings, and the prompt when there is none left. */
export function sendSetup(work: Work, settings: readonly Setting[]): void {
  update(work, { settings, wasReplayed: false });
  const [first] = settings;
  if (first === undefined) {
    sendPrompt(work);
    return;
  }
  const params = { sessionId: work.state.sessionId, ...first.params };
  write(work, first.key, encodeRequest(first.id, first.method, params));
}

/** The turn begins. The prompt leaves the state here. */
function sendPrompt(work: Work): void {
  const { prompt } = work.state;
  update(work, { phase: 'prompt', prompt: null });
  writePrompt(work, prompt ?? '');
}

/** One more turn, with the oldest message that is held. */
export function sendHeld(work: Work): void {
  const { held, promptNumber } = work.state;
  const [message, ...rest] = held;
  if (message === undefined) return;
  const promptKey = sayKey(message.key);
  update(work, { held: rest, promptKey, promptNumber: promptNumber + 1, promptArrived: false });
  writePrompt(work, message.text);
}

function writePrompt(work: Work, text: string): void {
  const { sessionId, promptKey, promptNumber } = work.state;
  update(work, { turnDue: true });
  const params = { sessionId, prompt: [{ type: 'text', text }] };
  write(work, promptKey, encodeRequest(promptId(promptNumber), 'session/prompt', params), 'unsafe');
}
