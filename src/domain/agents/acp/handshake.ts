import type { InitializeRequest } from '@agentclientprotocol/sdk';
import { oneLine } from '../bounded.ts';
import { sayKey } from '../dialog/messages.ts';
import { update, write } from '../dialog/work.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import { failed } from '../outcome.ts';
import { finish } from './finish.ts';
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
  const { cwd, sessionId } = work.state;
  if (sessionId === null) {
    write(work, 'session/open', encodeRequest(rpcIds.session, 'session/new', { cwd, mcpServers: [] }));
    return;
  }
  const method = wayToContinue(asFields(result.agentCapabilities));
  if (method === null) {
    finish(work, failed('session_lost', `The agent cannot continue a session (asked for '${sessionId}')`));
    return;
  }
  write(work, 'session/open', encodeRequest(rpcIds.session, method, { sessionId, cwd, mcpServers: [] }));
}

/** `session/resume` brings no history again and is preferred; `session/load` replays it, unread. */
function wayToContinue(capabilities: Fields): 'session/resume' | 'session/load' | null {
  const { resume } = asFields(capabilities.sessionCapabilities);
  if (typeof resume === 'object' && resume !== null) return 'session/resume';
  return capabilities.loadSession === true ? 'session/load' : null;
}

/** The session is open: set the model if one is asked for, then send the prompt. */
export function onSession(work: Work, result: Fields): void {
  const sessionId = work.state.sessionId ?? asText(result.sessionId);
  if (sessionId === null) {
    finish(work, failed('protocol_error', 'The agent opened a session without an id'));
    return;
  }
  update(work, { sessionId });
  work.effects.push({ kind: 'session', sessionId });
  const { model } = work.state;
  if (model === null) {
    sendPrompt(work);
    return;
  }
  const choice = findModel(result, model);
  if ('refusal' in choice) {
    finish(work, failed('option_unsupported', choice.refusal));
    return;
  }
  update(work, { phase: 'config' });
  const params = { sessionId, ...choice.params };
  write(work, 'session/model', encodeRequest(rpcIds.config, choice.method, params));
}

/** The turn begins. The prompt leaves the state here. */
export function sendPrompt(work: Work): void {
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

type ModelChoice =
  | { readonly method: string; readonly params: Readonly<Record<string, string>> }
  | { readonly refusal: string };

/** By the option whose category says so, or by the list of models that agents had before there were options. */
function findModel(session: Fields, model: string): ModelChoice {
  const option = asList(session.configOptions)
    .map(asFields)
    .find((candidate) => candidate.category === 'model' && candidate.type === 'select');
  const configId = asText(option?.id);
  if (option !== undefined && configId !== null) {
    const offered = asList(option.options).flatMap((entry) => {
      const group = asFields(entry).options;
      return Array.isArray(group) ? group.map(asFields) : [asFields(entry)];
    });
    const value = findOffered(offered, 'value', model);
    if ('refusal' in value) return value;
    return { method: 'session/set_config_option', params: { configId, value: value.id } };
  }
  const models = asList(asFields(session.models).availableModels).map(asFields);
  if (models.length === 0) {
    return { refusal: `The agent does not let its model be chosen (asked for '${model}')` };
  }
  const found = findOffered(models, 'modelId', model);
  return 'refusal' in found ? found : { method: 'session/set_model', params: { modelId: found.id } };
}

function findOffered(
  offered: readonly Fields[],
  key: 'value' | 'modelId',
  model: string,
): { readonly id: string } | { readonly refusal: string } {
  const found =
    offered.find((entry) => entry[key] === model) ??
    offered.find((entry) => asText(entry.name)?.toLowerCase() === model.toLowerCase());
  const id = asText(found?.[key]);
  if (id !== null) return { id };
  const names = offered.map((entry) => asText(entry[key])).filter((name) => name !== null);
  return { refusal: `The agent has no model '${model}'; it offers ${oneLine(names.join(', ')) || 'none'}` };
}
