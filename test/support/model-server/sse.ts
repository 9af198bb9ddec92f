import type { ServerResponse } from 'node:http';

/** One server-sent event: a name, or none, and its data. */
export type Frame = { readonly event: string | null; readonly data: unknown; readonly pauseMs?: number };

/** A frame whose event has the name that stands in its data, as Anthropic and OpenAI Responses have it. */
export function named(data: { readonly type: string; readonly [key: string]: unknown }, pauseMs = 0): Frame {
  return { event: data.type, data, pauseMs };
}

/** A frame without a name. */
export function bare(data: unknown, pauseMs = 0): Frame {
  return { event: null, data, pauseMs };
}

/** Writes the frames; with `isEndless` the answer is then left open, for more or until the agent gives up. */
export async function writeFrames(
  response: ServerResponse,
  frames: readonly Frame[],
  isEndless = false,
): Promise<void> {
  if (!response.headersSent) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.flushHeaders();
  }
  for (const { event, data, pauseMs = 0 } of frames) {
    if (pauseMs > 0) await pause(pauseMs, response);
    if (response.destroyed) return;
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    response.write(`${event === null ? '' : `event: ${event}\n`}data: ${text}\n\n`);
  }
  if (!isEndless) response.end();
}

/** Waits, or less where the agent goes away. */
function pause(ms: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
