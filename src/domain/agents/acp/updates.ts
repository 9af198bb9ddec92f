import type { SessionUpdate } from '@agentclientprotocol/sdk';
import { oneLine } from '../bounded.ts';
import { noteRead, sayKey } from '../dialog/messages.ts';
import { endMessage, replacePlan as tellPlan, addThought as tellThought } from '../dialog/speech.ts';
import { arrived, notice, update } from '../dialog/work.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import { addChunk, contentText } from './message.ts';
import type { Work } from './state.ts';
import { followTool } from './tools.ts';
import { countTurn } from './turns.ts';
import { notePastUsage, noteSessionUsage } from './usage.ts';

type UpdateKind = SessionUpdate['sessionUpdate'];
type Handler = (work: Work, update: Fields) => void;

const ignore: Handler = () => {};

/**
 * What becomes of every kind of `session/update`. Ignored by rule: the echo of the person's own prompt, and what
 * describes the agent's menus (commands, modes, options, session title) and not its work; a kind unknown to drover is
 * ignored too. The raw line is in the run's files in any case.
 */
const handlers: Readonly<Record<UpdateKind, Handler>> = {
  agent_message_chunk: addMessageChunk,
  agent_thought_chunk: addThought,
  tool_call: (work, call) => followTool(work, call, true),
  tool_call_update: (work, call) => followTool(work, call, false),
  plan: replacePlan,
  usage_update: noteSessionUsage,
  notice: tellNotice,
  compaction_update: tellCompaction,
  user_message_chunk: ignore,
  available_commands_update: ignore,
  current_mode_update: ignore,
  config_option_update: ignore,
  session_info_update: ignore,
  compaction_summary_chunk: ignore,
};

/** Kinds that only a prompt brings about: seeing one proves that the prompt arrived. */
const promptEvidence: readonly string[] = [
  'agent_message_chunk',
  'agent_thought_chunk',
  'tool_call',
  'tool_call_update',
  'plan',
  'user_message_chunk',
] satisfies UpdateKind[];

/**
 * Handles `session/update`. Before the prompt is sent every update is history being replayed or a menu, and one of
 * another session belongs to a request that was written twice: both are ignored, but for what the past has cost.
 */
export function readUpdate(work: Work, params: Fields): void {
  if (params.sessionId !== work.state.sessionId) return;
  const fields = asFields(params.update);
  const kind = asText(fields.sessionUpdate);
  if (work.state.phase !== 'prompt') {
    if (kind === 'usage_update') notePastUsage(work, fields);
    if (kind !== null && promptEvidence.includes(kind)) update(work, { wasReplayed: true });
    return;
  }
  if (kind === null || !Object.hasOwn(handlers, kind)) return;
  if (promptEvidence.includes(kind)) notePromptArrived(work);
  handlers[kind as UpdateKind](work, fields);
}

/** Says once that the prompt has reached the agent. */
export function notePromptArrived(work: Work): void {
  if (work.state.promptArrived) return;
  const { promptKey, unread } = work.state;
  update(work, { promptArrived: true });
  const message = unread.find((key) => sayKey(key) === promptKey);
  if (message === undefined) arrived(work, promptKey);
  else noteRead(work, message);
}

function addMessageChunk(work: Work, chunk: Fields): void {
  const text = contentText(chunk.content);
  if (text !== '' && countTurn(work)) addChunk(work, text, asText(chunk.messageId));
}

function addThought(work: Work, chunk: Fields): void {
  const text = contentText(chunk.content);
  if (text === '') return;
  endMessage(work);
  if (!countTurn(work)) return;
  tellThought(work, text);
}

function replacePlan(work: Work, plan: Fields): void {
  const entries = asList(plan.entries).map(asFields);
  tellPlan(
    work,
    entries.map((entry) => ({
      content: asText(entry.content) ?? '',
      status: asText(entry.status) ?? 'pending',
    })),
  );
}

function tellNotice(work: Work, fields: Fields): void {
  const text = [fields.title, fields.description].map(asText).filter((part) => part !== null);
  if (text.length > 0) notice(work, oneLine(text.join(': '), 2000));
}

function tellCompaction(work: Work, fields: Fields): void {
  const status = oneLine(asText(fields.status) ?? 'unknown', 80);
  const error = asText(fields.error);
  notice(work, `Compacting the context: ${status}${error === null ? '' : ` (${oneLine(error)})`}`);
}
