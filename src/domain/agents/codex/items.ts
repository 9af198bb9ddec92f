import { boundInput, oneLine, shorten } from '../bounded.ts';
import { noteArrived } from '../dialog/pending.ts';
import { addThought, addToMessage, endMessage, finishTool, startTool } from '../dialog/speech.ts';
import { update } from '../dialog/work.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import { boundPaths } from '../paths.ts';
import { countAnswer } from './answers.ts';
import { notePrompt } from './handshake.ts';
import type { CodexWork } from './state.ts';

/** Of a change of a file this much is shown to a person who is asked about it, in characters. */
export const maxDiffChars = 8 * 1024;
/** Changes of files that are remembered at once. */
const maxEdits = 16;

/** A piece of the agent's message. */
export function onMessageDelta(work: CodexWork, params: Fields): void {
  if (!countAnswer(work)) return;
  addToMessage(work, asText(params.delta) ?? '');
  update(work, { streamed: { ...work.state.streamed, text: true } });
}

/** A piece of its thoughts, in short or at length. */
export function onThoughtDelta(work: CodexWork, params: Fields): void {
  if (!countAnswer(work)) return;
  addThought(work, asText(params.delta) ?? '');
  update(work, { streamed: { ...work.state.streamed, thought: true } });
}

/** Something that the agent does begins. */
export function onItemStarted(work: CodexWork, item: Fields): void {
  const id = asText(item.id);
  if (item.type === 'userMessage') notePrompt(work);
  if (id === null || item.type === 'userMessage' || !countAnswer(work)) return;
  const tool = describe(item);
  if (tool === null) return;
  startTool(work, id, tool);
  if (item.type !== 'fileChange') return;
  const edit = { id, title: tool.title, input: tool.input, paths: boundPaths(pathsOfChange(item)) };
  update(work, { edits: [...work.state.edits, edit].slice(-maxEdits) });
}

/** It ended: a message or a thought that was not told in pieces is told now. */
export function onItemCompleted(work: CodexWork, item: Fields): void {
  const { streamed } = work.state;
  const id = asText(item.id);
  switch (item.type) {
    case 'agentMessage':
      if (!streamed.text && countAnswer(work)) addToMessage(work, asText(item.text) ?? '');
      if (work.state.outcome !== null) return;
      endMessage(work);
      update(work, { streamed: { ...streamed, text: false } });
      return;
    case 'reasoning': {
      const thoughts = [...asList(item.summary), ...asList(item.content)].flatMap(
        (part) => asText(part) ?? [],
      );
      if (!streamed.thought) addThought(work, thoughts.join('\n'));
      update(work, { streamed: { ...streamed, thought: false } });
      return;
    }
  }
  if (id === null || describe(item) === null) return;
  noteArrived(work, id);
  if (!work.state.tools.includes(id)) onItemStarted(work, item); // its beginning was never told
  if (work.state.outcome !== null) return;
  finishTool(work, id, isGood(item) ? 'completed' : 'failed');
  update(work, { edits: work.state.edits.filter((edit) => edit.id !== id) });
}

function isGood({ status, success, error }: Fields): boolean {
  if (success === false || (error !== undefined && error !== null)) return false;
  return status !== 'failed' && status !== 'declined' && status !== 'interrupted';
}

/** What of an item a reader sees as a tool call; null for what is none. */
function describe(item: Fields): { title: string; kind: string; input: unknown } | null {
  switch (item.type) {
    case 'commandExecution':
      return { title: commandOf(item), kind: 'execute', input: { command: item.command, cwd: item.cwd } };
    case 'fileChange':
      return describeChange(item);
    case 'mcpToolCall': {
      const name = `${asText(item.server) ?? 'mcp'}.${asText(item.tool) ?? 'tool'}`;
      return { title: name, kind: 'other', input: item.arguments };
    }
    case 'dynamicToolCall':
      return { title: asText(item.tool) ?? 'tool', kind: 'other', input: item.arguments };
    case 'collabAgentToolCall':
      return {
        title: `Agent: ${asText(item.tool) ?? 'call'}`,
        kind: 'think',
        input: { prompt: item.prompt ?? null },
      };
    case 'webSearch':
      return {
        title: `Search ${asText(item.query) ?? 'the web'}`,
        kind: 'search',
        input: { query: item.query ?? null },
      };
    case 'imageView':
      return {
        title: `View ${asText(item.path) ?? 'an image'}`,
        kind: 'read',
        input: { path: item.path ?? null },
      };
    default:
      return null;
  }
}

/** The command as it was meant: without the shell that Codex wraps it in. */
export function commandOf(fields: Fields): string {
  const actions = asList(fields.commandActions).map(asFields);
  const meant = actions.length === 1 ? asText(actions[0]?.command) : null;
  return oneLine(meant ?? asText(fields.command) ?? 'a command');
}

function describeChange(item: Fields): { title: string; kind: string; input: unknown } {
  const changes = asList(item.changes).map(asFields);
  const paths = changes.flatMap(({ path }) => asText(path) ?? []);
  const shown = changes.map(({ path, kind, diff }) => ({
    path,
    kind: asText(asFields(kind).type) ?? kind,
    diff: shorten(asText(diff) ?? '', maxDiffChars),
  }));
  return {
    title: oneLine(`Edit ${paths.join(', ') || 'files'}`),
    kind: 'edit',
    input: boundInput({ changes: shown }),
  };
}

/** The files that it changes, and where those go that it moves. */
function pathsOfChange(item: Fields): string[] {
  return asList(item.changes)
    .map(asFields)
    .flatMap(({ path, kind }) => [asText(path) ?? [], asText(asFields(kind).move_path) ?? []].flat());
}
