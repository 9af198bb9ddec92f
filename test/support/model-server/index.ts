/**
 * A model's provider on this machine: it speaks Anthropic Messages, OpenAI Responses and chat completions, and Gemini,
 * says what a test told it to say, and keeps what it was asked. No answer ever leaves the loopback.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as anthropic from './anthropic.ts';
import { type Asked, readAsked } from './asked.ts';
import * as chat from './chat.ts';
import * as gemini from './gemini.ts';
import * as responses from './responses.ts';
import { writeFrames } from './sse.ts';
import { callOf } from './tools.ts';
import { cutText, type Said, type Turn } from './turns.ts';

export type { Asked } from './asked.ts';
export type { Turn } from './turns.ts';

export type ModelServer = {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Every request, in order. */
  readonly asked: readonly Asked[];
  /** The requests that took a turn: those that offer tools. An agent's own small questions (a title) offer none. */
  readonly turnsTaken: () => readonly Asked[];
  /** What the model does next; without a turn left it says that it is done. */
  readonly say: (...turns: readonly Turn[]) => void;
  /** Forgets what is queued. */
  readonly clear: () => void;
  readonly close: () => Promise<void>;
};

/** What is said when nothing was told. */
export const nothingLeft = 'All done.';

const routes = [
  { ends: /\/messages$/, speaks: anthropic },
  { ends: /\/responses$/, speaks: responses },
  { ends: /\/chat\/completions$/, speaks: { ...chat, problem: responses.problem } },
  { ends: /enerateContent$/, speaks: gemini },
] as const;

/** Starts the server on a port of its own. */
export async function startModelServer(...turns: readonly Turn[]): Promise<ModelServer> {
  const queue: Turn[] = [...turns];
  const asked: Asked[] = [];
  const taken: Asked[] = [];
  const server = createServer((request, response) => {
    void readAsked(request)
      .then((read) => {
        asked.push(read);
        return answer(read, response, `${asked.length}`);
      })
      .catch((error: unknown) => sendJson(response, 500, { error: { message: String(error) } }));
  });

  const answer = async (read: Asked, response: ServerResponse, id: string) => {
    const route = routes.find(({ ends }) => ends.test(read.path));
    if (read.method !== 'POST' || route === undefined) return answerAside(read, response);
    const said = sayTurn(read, id, takeTurn(read));
    if (said.kind === 'error') {
      const problem = route.speaks.problem(said.status, said.message, said.details);
      return sendJson(response, said.status, problem, said.headers);
    }
    if (!read.isStream) return sendJson(response, 200, route.speaks.whole(said, read, id));
    const frames = route.speaks.frames(said, read, id);
    if (said.kind === 'text' && said.until !== null) {
      const rest =
        frames.findIndex(({ data }) => JSON.stringify(data).includes(JSON.stringify(said.pieces[0]))) + 1;
      await writeFrames(response, frames.slice(0, rest), true);
      await said.until;
      return writeFrames(response, frames.slice(rest));
    }
    return writeFrames(response, frames, said.kind === 'hang');
  };

  const takeTurn = (read: Asked): Turn => {
    if (read.tools.length === 0) return { kind: 'text', text: 'A title' };
    taken.push(read);
    return queue.shift() ?? { kind: 'text', text: nothingLeft };
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    turnsTaken: () => taken,
    say: (...more) => void queue.push(...more),
    clear: () => void queue.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sayTurn(read: Asked, id: string, turn: Turn): Said {
  switch (turn.kind) {
    case 'error':
      return turn;
    case 'hang':
      return { kind: 'hang', text: turn.text ?? 'Let me think' };
    case 'text':
      return {
        kind: 'text',
        pieces: cutText(turn.text, turn.pieces ?? 1),
        thought: turn.thought ?? null,
        pauseMs: turn.pauseMs ?? 0,
        until: turn.until ?? null,
      };
    default: {
      const call = callOf(turn, read, `call_${id}`);
      return { kind: 'call', call, isFreeform: isFreeform(read, call.name) };
    }
  }
}

/** OpenAI's tools of type `custom` take text instead of JSON. */
function isFreeform({ body }: Asked, name: string): boolean {
  const tools = Array.isArray(body.tools) ? (body.tools as Record<string, unknown>[]) : [];
  return tools.some((tool) => tool.name === name && tool.type === 'custom');
}

/** What agents ask besides: which models there are, how many tokens a text has. */
function answerAside({ path }: Asked, response: ServerResponse): void {
  if (path.endsWith('/models')) {
    const one = {
      id: 'fake-model',
      object: 'model',
      type: 'model',
      display_name: 'Fake',
      created_at: '2026-01-01T00:00:00Z',
    };
    sendJson(response, 200, { object: 'list', data: [one], models: [] });
  } else if (path.endsWith('/count_tokens')) sendJson(response, 200, { input_tokens: 10 });
  else if (path.endsWith('countTokens')) sendJson(response, 200, { totalTokens: 10 });
  else sendJson(response, 404, { error: { type: 'not_found', message: `No such path: ${path}` } });
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
