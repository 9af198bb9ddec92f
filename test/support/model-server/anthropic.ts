import type { Asked } from './asked.ts';
import { type Frame, named } from './sse.ts';
import { type Said, usage } from './turns.ts';

/** Anthropic Messages: `POST /v1/messages`. */
export function frames(said: Exclude<Said, { kind: 'error' }>, asked: Asked, id: string): Frame[] {
  const counted = {
    input_tokens: usage.input,
    output_tokens: 1,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
  };
  const message = {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model: asked.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: counted,
  };
  const start = named({ type: 'message_start', message });
  if (said.kind === 'hang')
    return [
      start,
      ...block(0, { type: 'text', text: '' }, [{ type: 'text_delta', text: said.text }], 0).slice(0, 2),
    ];
  const blocks =
    said.kind === 'call'
      ? block(0, { type: 'tool_use', id: said.call.id, name: said.call.name, input: {} }, [
          { type: 'input_json_delta', partial_json: JSON.stringify(said.call.input) },
        ])
      : [
          ...(said.thought === null
            ? []
            : block(0, { type: 'thinking', thinking: '', signature: '' }, [
                { type: 'thinking_delta', thinking: said.thought },
                { type: 'signature_delta', signature: 'c2lnbmVk' },
              ])),
          ...block(
            said.thought === null ? 0 : 1,
            { type: 'text', text: '' },
            said.pieces.map((text) => ({ type: 'text_delta', text })),
            said.pauseMs,
          ),
        ];
  const stop_reason = said.kind === 'call' ? 'tool_use' : 'end_turn';
  return [
    start,
    ...blocks,
    named({
      type: 'message_delta',
      delta: { stop_reason, stop_sequence: null },
      usage: { output_tokens: usage.output },
    }),
    named({ type: 'message_stop' }),
  ];
}

/** The same, not streamed. */
export function whole(said: Exclude<Said, { kind: 'error' }>, asked: Asked, id: string): unknown {
  const content =
    said.kind === 'call'
      ? [{ type: 'tool_use', id: said.call.id, name: said.call.name, input: said.call.input }]
      : [{ type: 'text', text: said.kind === 'text' ? said.pieces.join('') : said.text }];
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model: asked.model,
    content,
    stop_reason: said.kind === 'call' ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: usage.input, output_tokens: usage.output },
  };
}

/** An error in this provider's shape. */
export function problem(status: number, message: string, details: object = {}): unknown {
  const types: Readonly<Record<number, string>> = {
    429: 'rate_limit_error',
    529: 'overloaded_error',
    401: 'authentication_error',
  };
  return { type: 'error', error: { type: types[status] ?? 'api_error', message, ...details } };
}

function block(index: number, opening: object, deltas: readonly object[], pauseMs = 0): Frame[] {
  return [
    named({ type: 'content_block_start', index, content_block: opening }),
    ...deltas.map((delta) => named({ type: 'content_block_delta', index, delta }, pauseMs)),
    named({ type: 'content_block_stop', index }),
  ];
}
