import { type ClientRequest, request as plainRequest } from 'node:http';
import type { RequestOptions } from 'node:https';

/** More of an answer is not read: only its status says something. */
const maxAnswerBytes = 64 * 1024;

export type Post = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends it, at its deadline for example. */
  readonly signal: AbortSignal;
};

/**
 * Sends a body by POST on a connection of its own and resolves with the status of the answer. A redirect is an answer
 * like any other. Rejects when there is none.
 */
export async function post(url: string, { headers, body, signal }: Post): Promise<number> {
  // Loaded when it is needed: TLS takes memory that a daemon without such a hook can do without.
  const start = url.startsWith('https:') ? (await import('node:https')).request : plainRequest;
  const options: RequestOptions = { method: 'POST', headers, agent: false, signal };
  return new Promise((resolve, reject) => {
    const request: ClientRequest = start(url, options, (answer) => {
      const done = () => {
        resolve(answer.statusCode ?? 0);
        answer.destroy();
      };
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size >= maxAnswerBytes) done();
      });
      answer.once('end', done);
      answer.once('error', done); // the status is there already
      answer.once('close', done);
    });
    request.on('error', reject);
    request.end(body);
  });
}
