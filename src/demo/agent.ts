/**
 * The demo agent: a program that speaks ACP version 1 on stdin and stdout like any agent, but plays a script. It shows
 * what drover does without an account or a model, and tests drive it as a real agent. `DROVER_DEMO_PACE_MS` is the
 * pause between two of its steps.
 */
import { randomUUID } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import {
  agent,
  type ContentBlock,
  methods,
  ndJsonStream,
  PROTOCOL_VERSION,
  RequestError,
  type RequestPermissionResponse,
} from '@agentclientprotocol/sdk';
import { systemClock } from '../base/index.ts';
import { play } from './script.ts';

const defaultPaceMs = 300;
const sessionPrefix = 'demo-';

type Session = { readonly cwd: string; turn: AbortController | null };

const sessions = new Map<string, Session>();
const paceMs = Number.parseInt(process.env.DROVER_DEMO_PACE_MS ?? '', 10);
const pauseMs = Number.isNaN(paceMs) ? defaultPaceMs : paceMs;

const app = agent({ name: 'drover-demo-agent' })
  .onRequest(methods.agent.initialize, () => ({
    protocolVersion: PROTOCOL_VERSION,
    agentCapabilities: { loadSession: true },
    agentInfo: { name: 'drover-demo-agent', title: 'Demo agent (scripted, no model)', version: '1' },
    authMethods: [],
  }))
  .onRequest(methods.agent.session.new, ({ params }) => {
    const sessionId = `${sessionPrefix}${randomUUID()}`;
    sessions.set(sessionId, { cwd: params.cwd, turn: null });
    return { sessionId };
  })
  .onRequest(methods.agent.session.load, async ({ params, client }) => {
    const { sessionId, cwd } = params;
    if (!sessionId.startsWith(sessionPrefix)) throw RequestError.resourceNotFound(sessionId);
    const text = 'Nothing is kept between my runs but the name of the session.';
    const update = {
      sessionUpdate: 'agent_message_chunk' as const,
      content: { type: 'text' as const, text },
    };
    await client.notify(methods.client.session.update, { sessionId, update });
    sessions.set(sessionId, { cwd, turn: null });
    return {};
  })
  .onRequest(methods.agent.session.prompt, async ({ params, client, signal }) => {
    const { sessionId } = params;
    const session = sessions.get(sessionId);
    if (session === undefined) throw RequestError.resourceNotFound(sessionId);
    const turn = new AbortController();
    session.turn = turn;
    const stopped = AbortSignal.any([turn.signal, signal]);
    try {
      const stopReason = await play({
        cwd: session.cwd,
        prompt: textOf(params.prompt),
        tell: (update) => client.notify(methods.client.session.update, { sessionId, update }),
        ask: async (toolCall, options) => {
          const request = { sessionId, toolCall, options };
          const asked: Promise<RequestPermissionResponse> = client.request(
            methods.client.session.requestPermission,
            request,
          );
          return (await Promise.race([asked, rejection(stopped)])).outcome;
        },
        pause: () => systemClock.sleep(pauseMs, stopped),
      });
      return { stopReason };
    } catch (error) {
      if (stopped.aborted) return { stopReason: 'cancelled' };
      throw error;
    } finally {
      session.turn = null;
    }
  })
  .onNotification(methods.agent.session.cancel, ({ params }) => {
    sessions.get(params.sessionId)?.turn?.abort();
  });

const connection = app.connect(
  ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>),
);
await connection.closed;

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function textOf(prompt: readonly ContentBlock[]): string {
  return prompt.map((block) => (block.type === 'text' ? block.text : '')).join(' ');
}
