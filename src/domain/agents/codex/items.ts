import { noteArrived } from '../dialog/pending.ts';
import { addThought, addToMessage, endMessage, finishTool, startTool } from '../dialog/speech.ts';
import { update } from '../dialog/work.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import { boundPaths } from '../paths.ts';
import { countAnswer } from './answers.ts';
import { describeItem, isGood } from './describe.ts';
import { notePrompt } from './handshake.ts';
import { noteTold } from './messages.ts';
import type { CodexWork } from './state.ts';

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
  if (item.type === 'userMessage') {
    notePrompt(work);
    noteTold(work, item);
  }
  if (id === null || item.type === 'userMessage' || !countAnswer(work)) return;
  if (item.type === 'agentMessage') {
    endMessage(work); // one that a person's message cut short is never completed
    update(work, { streamed: { ...work.state.streamed, text: false } });
  }
  const tool = describeItem(item);
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
  if (id === null || describeItem(item) === null) return;
  noteArrived(work, id);
  if (!work.state.tools.includes(id)) onItemStarted(work, item); // its beginning was never told
  if (work.state.outcome !== null) return;
  finishTool(work, id, isGood(item) ? 'completed' : 'failed');
  update(work, { edits: work.state.edits.filter((edit) => edit.id !== id) });
}

/** The files that it changes, and where those go that it moves. */
function pathsOfChange(item: Fields): string[] {
  return asList(item.changes)
    .map(asFields)
    .flatMap(({ path, kind }) => [asText(path) ?? [], asText(asFields(kind).move_path) ?? []].flat());
}
