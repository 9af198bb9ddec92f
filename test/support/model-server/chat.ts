import type { Asked } from './asked.ts';
import { bare, type Frame } from './sse.ts';
import { type Said, usage } from './turns.ts';

const counted = {
  prompt_tokens: usage.input,
  completion_tokens: usage.output,
  total_tokens: usage.input + usage.output,
};

/** OpenAI chat completions: `POST /v1/chat/completions`. */
export function frames(said: Exclude<Said, { kind: 'error' }>, asked: Asked, id: string): Frame[] {
  const chunk = (choices: readonly object[], more: object = {}, pauseMs = 0) =>
    bare(
      { id: `cc_${id}`, object: 'chat.completion.chunk', created: 1, model: asked.model, choices, ...more },
      pauseMs,
    );
  const delta = (fields: object, finish_reason: string | null = null, pauseMs = 0) =>
    chunk([{ index: 0, delta: fields, finish_reason }], {}, pauseMs);
  const role = 'assistant';
  if (said.kind === 'hang') return [delta({ role, content: said.text })];
  const body =
    said.kind === 'call'
      ? [delta({ role, content: null, tool_calls: [{ index: 0, ...callOf(said) }] }), delta({}, 'tool_calls')]
      : [
          ...(said.thought === null ? [] : [delta({ role, reasoning_content: said.thought })]),
          ...said.pieces.map((content) => delta({ role, content }, null, said.pauseMs)),
          delta({}, 'stop'),
        ];
  return [...body, chunk([], { usage: counted }), bare('[DONE]')];
}

/** The same, not streamed. */
export function whole(said: Exclude<Said, { kind: 'error' }>, asked: Asked, id: string): unknown {
  const message =
    said.kind === 'call'
      ? { role: 'assistant', content: null, tool_calls: [callOf(said)] }
      : { role: 'assistant', content: said.kind === 'text' ? said.pieces.join('') : said.text };
  const finish_reason = said.kind === 'call' ? 'tool_calls' : 'stop';
  const choices = [{ index: 0, message, finish_reason }];
  return {
    id: `cc_${id}`,
    object: 'chat.completion',
    created: 1,
    model: asked.model,
    choices,
    usage: counted,
  };
}

function callOf({ call }: Extract<Said, { kind: 'call' }>) {
  return {
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.input) },
  };
}
