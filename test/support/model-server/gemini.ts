import type { Asked } from './asked.ts';
import { bare, type Frame } from './sse.ts';
import { type Said, usage } from './turns.ts';

/** Gemini: `POST /v1beta/models/MODEL:streamGenerateContent`. */
export function frames(said: Exclude<Said, { kind: 'error' }>, asked: Asked): Frame[] {
  const chunk = (part: object, isLast: boolean, pauseMs = 0) => bare(answer(part, asked, isLast), pauseMs);
  if (said.kind === 'hang') return [chunk({ text: said.text }, false)];
  if (said.kind === 'call') return [chunk(callOf(said), true)];
  const thought = said.thought === null ? [] : [chunk({ text: said.thought, thought: true }, false)];
  const last = said.pieces.length - 1;
  return [...thought, ...said.pieces.map((text, index) => chunk({ text }, index === last, said.pauseMs))];
}

/** The same, not streamed. */
export function whole(said: Exclude<Said, { kind: 'error' }>, asked: Asked): unknown {
  if (said.kind === 'call') return answer(callOf(said), asked, true);
  return answer({ text: said.kind === 'text' ? said.pieces.join('') : said.text }, asked, true);
}

/** An error in this provider's shape. */
export function problem(status: number, message: string, details: object = {}): unknown {
  const name = status === 429 ? 'RESOURCE_EXHAUSTED' : 'INTERNAL';
  return { error: { code: status, message, status: name, ...details } };
}

function answer(part: object, asked: Asked, isLast: boolean) {
  const counts = {
    promptTokenCount: usage.input,
    candidatesTokenCount: usage.output,
    totalTokenCount: usage.input + usage.output,
  };
  return {
    candidates: [
      { index: 0, content: { role: 'model', parts: [part] }, ...(isLast && { finishReason: 'STOP' }) },
    ],
    usageMetadata: counts,
    modelVersion: asked.model,
  };
}

function callOf({ call }: Extract<Said, { kind: 'call' }>) {
  return { functionCall: { name: call.name, args: call.input } };
}
