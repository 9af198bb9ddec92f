import type { PermissionOptionKind } from '@agentclientprotocol/sdk';
import type { ApprovalAnswer } from '../adapter.ts';
import { boundInput, oneLine } from '../bounded.ts';
import { nextKey } from '../dialog/pending.ts';
import type { RpcId } from '../dialog/rpc.ts';
import { endMessage } from '../dialog/speech.ts';
import { notice, toInbox, write } from '../dialog/work.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import { boundPaths, pathsOfInput } from '../paths.ts';
import { openPending } from './pending.ts';
import type { PermissionChoice, Work } from './state.ts';
import { followTool } from './tools.ts';
import { encodeResult } from './wire.ts';

/** Options beyond this many are not offered. */
export const maxOptions = 32;

/** In which order a decision looks for an option; agents' option ids differ, their kinds do not. */
const wanted = {
  allow: ['allow_once', 'allow_always'],
  allowAlways: ['allow_always', 'allow_once'],
  deny: ['reject_once', 'reject_always'],
  denyAlways: ['reject_always', 'reject_once'],
} as const satisfies Record<string, readonly PermissionOptionKind[]>;

/** `session/request_permission`. */
export function onPermission(work: Work, rpcId: RpcId, params: Fields): void {
  if (work.state.canceling) {
    const key = nextKey(work);
    write(work, `answer:${key}`, encodeResult(rpcId, { outcome: { outcome: 'cancelled' } }));
    return;
  }
  endMessage(work);
  const call = asFields(params.toolCall);
  const toolCallId = asText(call.toolCallId);
  followTool(work, call, false);
  if (work.state.phase === 'finished') return;
  const options = readOptions(params.options);
  const request = {
    kind: 'permission' as const,
    title: oneLine(asText(call.title) ?? asText(call.name) ?? 'Permission'),
    tool: nullOr(asText(call.name) ?? asText(call.kind), (name) => oneLine(name, 200)),
    input: boundInput(inputOf(call)),
    paths: boundPaths(pathsOf(call)),
    options,
  };
  const pending = openPending(work, { id: rpcId, toolCallId, ask: { kind: 'permission', options } });
  if (pending === null) return;
  toInbox(work, pending.key, request);
}

/** What the tool is called with; where the agent does not tell, what it shows of the call: a change, places. */
function inputOf({ rawInput, content, locations }: Fields): unknown {
  if (rawInput !== undefined && rawInput !== null) return rawInput;
  const shown = Object.entries({ content, locations }).filter(([, list]) => asList(list).length > 0);
  return shown.length === 0 ? null : Object.fromEntries(shown);
}

/** Every file that the call names, wherever it says so: its places, its changes, its input. */
function pathsOf(call: Fields): string[] {
  const places = [...asList(call.locations), ...asList(call.content)].map(asFields);
  return [...places.flatMap(({ path }) => asText(path) ?? []), ...pathsOfInput(asFields(call.rawInput))];
}

/** The answer as ACP's outcome. What fits no option is never turned into more than was decided. */
export function permissionResult(
  work: Work,
  options: readonly PermissionChoice[],
  answer: ApprovalAnswer,
): unknown {
  const choice = choose(options, answer);
  if (choice === null) {
    notice(work, 'The agent offers no option for this answer; its request was answered as cancelled');
    return { outcome: { outcome: 'cancelled' } };
  }
  if (answer.decision === 'allow' && !answer.always && choice.kind === 'allow_always') {
    notice(work, `The agent could only be allowed for good: ${choice.label}`);
  }
  return selected(choice);
}

function choose(options: readonly PermissionChoice[], answer: ApprovalAnswer): PermissionChoice | null {
  const { decision, always, optionId, text } = answer;
  const named = options.find((option) => option.id === optionId) ?? null;
  switch (decision) {
    case 'allow':
      return named ?? firstOfKinds(options, always ? wanted.allowAlways : wanted.allow);
    case 'deny':
      if (named !== null && !named.kind.startsWith('allow')) return named;
      return firstOfKinds(options, always ? wanted.denyAlways : wanted.deny);
    case 'answer':
      return named ?? options.find((option) => option.id === text || option.label === text) ?? null;
  }
}

function firstOfKinds(
  options: readonly PermissionChoice[],
  kinds: readonly string[],
): PermissionChoice | null {
  for (const kind of kinds) {
    const option = options.find((candidate) => candidate.kind === kind);
    if (option !== undefined) return option;
  }
  return null;
}

function readOptions(value: unknown): PermissionChoice[] {
  return asList(value)
    .slice(0, maxOptions)
    .map(asFields)
    .flatMap((option) => {
      const id = asText(option.optionId);
      if (id === null) return [];
      const kind = oneLine(asText(option.kind) ?? 'other', 80);
      return [{ id, kind, label: oneLine(asText(option.name) ?? id, 200) }];
    });
}

function selected(option: PermissionChoice): unknown {
  return { outcome: { outcome: 'selected', optionId: option.id } };
}

function nullOr<T, R>(value: T | null, map: (value: T) => R): R | null {
  return value === null ? null : map(value);
}
