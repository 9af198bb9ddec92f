/**
 * `dialog-agent.ts RUNTIME STARTED ANSWERS`: an agent that speaks ACP, Claude Code's stream of JSON or Codex's app-server as
 * the real ones do, and whose every word is known before it starts: its prompt says how often it speaks and asks. It
 * appends its run to the file STARTED as its first act, and to ANSWERS each answer that it reads.
 */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type DialogPlan, planOf, sayings } from './dialog-runs.ts';

type Message = Record<string, unknown>;
/** What a protocol is, as far as a turn needs one. */
type Protocol = {
  /** Null: nothing to be done for it. */
  readonly read: (
    message: Message,
  ) => { readonly kind: 'prompt'; readonly text: string } | Answer | 'interrupt' | null;
  readonly say: (text: string, index: number) => void;
  readonly ask: (number: number) => void;
  readonly end: () => void;
};
type Answer = { readonly kind: 'answer'; readonly id: unknown; readonly isAllowed: boolean };

const [runtime = '', started = '', answers = ''] = process.argv.slice(2);
const run = process.env.DROVER_RUN_ID ?? '';
appendFileSync(started, `${run}\n`);

const send = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
const fieldsOf = (value: unknown): Message =>
  typeof value === 'object' && value !== null ? { ...value } : {};
const textOf = (value: unknown): string => fieldsOf(Array.isArray(value) ? value[0] : value).text as string;

function acp(): Protocol {
  const session = { sessionId: `session-${run}` };
  let prompt: unknown = null;
  const rpc = (message: object) => send({ jsonrpc: '2.0', ...message });
  return {
    read: ({ id, method, params, result }) => {
      if (method === 'initialize')
        rpc({ id, result: { protocolVersion: 1, agentCapabilities: {}, authMethods: [] } });
      if (method === 'session/new') rpc({ id, result: session });
      if (method === 'session/cancel') return 'interrupt';
      if (method === 'session/prompt') {
        prompt = id;
        return { kind: 'prompt', text: textOf(fieldsOf(params).prompt) };
      }
      if (method !== undefined) return null;
      return { kind: 'answer', id, isAllowed: fieldsOf(fieldsOf(result).outcome).optionId === 'yes' };
    },
    say: (text) => {
      const update = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } };
      rpc({ method: 'session/update', params: { ...session, update } });
    },
    ask: (number) => {
      const options = [
        { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
        { optionId: 'no', name: 'No', kind: 'reject_once' },
      ];
      const toolCall = { toolCallId: `tool-${number}`, title: `ask ${number}` };
      rpc({ id: number, method: 'session/request_permission', params: { ...session, toolCall, options } });
    },
    end: () => rpc({ id: prompt, result: { stopReason: 'end_turn' } }),
  };
}

function claude(): Protocol {
  const common = { session_id: `session-${run}`, parent_tool_use_id: null };
  const seen = new Set<unknown>();
  const assistant = (content: object) =>
    send({ type: 'assistant', message: { content: [content] }, ...common });
  return {
    read: ({ type, uuid, message, request_id, request, response }) => {
      if (type === 'user') {
        if (seen.has(uuid)) return null; // as the real one: a prompt that was written twice is one
        seen.add(uuid);
        send({ type: 'command_lifecycle', command_uuid: uuid, state: 'started', ...common });
        send({ type: 'system', subtype: 'init', ...common });
        return { kind: 'prompt', text: textOf(fieldsOf(message).content) };
      }
      if (type === 'control_request') {
        send({ type: 'control_response', response: { subtype: 'success', request_id, response: {} } });
        return fieldsOf(request).subtype === 'interrupt' ? 'interrupt' : null;
      }
      if (type !== 'control_response') return null;
      const { request_id: id, response: given } = fieldsOf(response);
      return { kind: 'answer', id, isAllowed: fieldsOf(given).behavior === 'allow' };
    },
    say: (text) => {
      const event = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } };
      send({ type: 'stream_event', event, ...common });
      assistant({ type: 'text', text });
    },
    ask: (number) => {
      const tool = { name: 'Bash', input: { command: `ask ${number}` } };
      assistant({ type: 'tool_use', id: `tool-${number}`, ...tool });
      const request = {
        ...{ subtype: 'can_use_tool', tool_name: tool.name, input: tool.input },
        ...{ tool_use_id: `tool-${number}`, title: `ask ${number}` },
      };
      send({ type: 'control_request', request_id: String(number), request });
    },
    end: () => send({ type: 'result', subtype: 'success', is_error: false, result: 'done', ...common }),
  };
}

function codex(): Protocol {
  const ids = { threadId: `thread-${run}`, turnId: `turn-${run}` };
  const notify = (method: string, params: object) => send({ method, params: { ...ids, ...params } });
  return {
    read: ({ id, method, params, result }) => {
      if (method === 'initialize') send({ id, result: { userAgent: 'fake' } });
      if (method === 'thread/start') send({ id, result: { thread: { id: ids.threadId } } });
      if (method === 'turn/interrupt') return 'interrupt';
      if (method === 'turn/start') {
        send({ id, result: { turn: { id: ids.turnId, status: 'inProgress' } } });
        notify('turn/started', { turn: { id: ids.turnId } });
        return { kind: 'prompt', text: textOf(fieldsOf(params).input) };
      }
      if (method !== undefined) return null;
      notify('serverRequest/resolved', { requestId: id });
      return { kind: 'answer', id, isAllowed: fieldsOf(result).decision === 'accept' };
    },
    say: (text, index) => {
      const itemId = `item-${index}`;
      notify('item/started', { item: { type: 'agentMessage', id: itemId, text: '' } });
      notify('item/agentMessage/delta', { itemId, delta: text });
      notify('item/completed', { item: { type: 'agentMessage', id: itemId, text } });
    },
    ask: (number) => {
      const params = { ...ids, itemId: `tool-${number}`, command: `ask ${number}`, reason: null };
      send({ id: number, method: 'item/commandExecution/requestApproval', params });
    },
    end: () => notify('turn/completed', { turn: { id: ids.turnId, status: 'completed', error: null } }),
  };
}

const protocols: Readonly<Record<string, () => Protocol>> = { acp, claude, codex };
const make = protocols[runtime];
if (make === undefined) throw new Error(`There is no protocol '${runtime}'`);
const protocol = make();
const waiting = new Map<string, (isAllowed: boolean) => void>();

async function play(plan: DialogPlan): Promise<void> {
  for (const [index, saying] of sayings(plan).entries()) {
    if (saying.kind === 'word') {
      protocol.say(saying.text, index);
      await new Promise((resolve) => setTimeout(resolve, plan.paceMs));
      continue;
    }
    protocol.ask(saying.number);
    const isAllowed = await new Promise<boolean>((resolve) => waiting.set(String(saying.number), resolve));
    protocol.say(saying.text(isAllowed), index);
  }
  protocol.end();
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line === '') continue;
  const asked = protocol.read(fieldsOf(JSON.parse(line)));
  if (asked === 'interrupt') process.exit(0);
  if (asked?.kind === 'prompt') void play(planOf(asked.text));
  if (asked?.kind !== 'answer') continue;
  appendFileSync(answers, `${run} ${String(asked.id)} ${asked.isAllowed ? 'allow' : 'deny'}\n`);
  waiting.get(String(asked.id))?.(asked.isAllowed);
  waiting.delete(String(asked.id)); // the same answer once more changes nothing
}
