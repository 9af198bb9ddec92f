import type { Asked } from './asked.ts';
import { type Frame, named } from './sse.ts';
import { type Said, usage } from './turns.ts';

/** OpenAI Responses: `POST /v1/responses`. */
export function frames(said: Exclude<Said, { kind: 'error' }>, asked: Asked, id: string): Frame[] {
  const created = {
    id: `resp_${id}`,
    object: 'response',
    created_at: 1,
    status: 'in_progress',
    model: asked.model,
    output: [],
  };
  const start = named({ type: 'response.created', response: created });
  if (said.kind === 'hang') {
    const item = messageItem(id, '', 'in_progress');
    return [start, added(item, 0), textDelta(item.id, 0, said.text, 0)];
  }
  const thought = said.kind === 'text' && said.thought !== null ? thoughtFrames(id, said.thought) : [];
  const at = thought.length === 0 ? 0 : 1;
  const item = said.kind === 'call' ? callItem(said, id) : messageItem(id, said.pieces.join(''), 'completed');
  const opening =
    said.kind === 'call'
      ? [added({ ...item, status: 'in_progress' }, at)]
      : [
          added(messageItem(id, '', 'in_progress'), at),
          ...said.pieces.map((text) => textDelta(item.id, at, text, said.pauseMs)),
        ];
  return [
    start,
    ...thought,
    ...opening,
    named({ type: 'response.output_item.done', output_index: at, item }),
    named({ type: 'response.completed', response: { ...whole(said, asked, id) } }),
  ];
}

/** The same, not streamed. */
export function whole(
  said: Exclude<Said, { kind: 'error' }>,
  asked: Asked,
  id: string,
): Record<string, unknown> {
  const item =
    said.kind === 'call'
      ? callItem(said, id)
      : messageItem(id, said.kind === 'text' ? said.pieces.join('') : said.text, 'completed');
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: asked.model,
    output: [item],
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.input + usage.output,
    },
  };
}

/** An error in this provider's shape. */
export function problem(status: number, message: string, details: object = {}): unknown {
  const types: Readonly<Record<number, string>> = { 429: 'rate_limit_exceeded', 401: 'invalid_api_key' };
  const type = types[status] ?? 'server_error';
  return { error: { message, type, code: type, ...details } };
}

function thoughtFrames(id: string, text: string): Frame[] {
  const item = { type: 'reasoning', id: `rs_${id}`, summary: [{ type: 'summary_text', text }] };
  return [
    added({ ...item, summary: [] }, 0),
    named({
      type: 'response.reasoning_summary_part.added',
      item_id: item.id,
      output_index: 0,
      summary_index: 0,
    }),
    named({
      type: 'response.reasoning_summary_text.delta',
      item_id: item.id,
      output_index: 0,
      summary_index: 0,
      delta: text,
    }),
    named({ type: 'response.output_item.done', output_index: 0, item }),
  ];
}

function added(item: object, output_index: number): Frame {
  return named({ type: 'response.output_item.added', output_index, item });
}

function textDelta(item_id: string, output_index: number, delta: string, pauseMs: number): Frame {
  return named(
    { type: 'response.output_text.delta', item_id, output_index, content_index: 0, delta },
    pauseMs,
  );
}

function callItem({ call, isFreeform }: Extract<Said, { kind: 'call' }>, id: string) {
  const named = { call_id: call.id, name: call.name, status: 'completed' };
  if (isFreeform)
    return { type: 'custom_tool_call', id: `ctc_${id}`, ...named, input: String(call.input.input) };
  return { type: 'function_call', id: `fc_${id}`, ...named, arguments: JSON.stringify(call.input) };
}

function messageItem(id: string, text: string, status: string) {
  const content = status === 'completed' ? [{ type: 'output_text', text, annotations: [] }] : [];
  return { type: 'message', id: `m_${id}`, role: 'assistant', status, content };
}
