import { type ClientRequest, request } from 'node:http';
import { createSseParser } from '../../src/client/sse-parser.ts';
import type { Event } from '../../src/contract/index.ts';

/** A reader of the whole journal that comes back after every cut, and believes nothing. */
export type JournalReader = {
  readonly events: readonly Event[];
  /** What broke the promise of §6: a hole, an event twice, a refused cursor. */
  readonly faults: readonly string[];
  readonly cuts: () => number;
  /** Whether a stream is open now: a daemon that dies now cuts it. */
  readonly isReading: () => boolean;
  readonly close: () => void;
};

const comeBackMs = 10;

/**
 * Reads `GET /v1/events` from the beginning over the socket, resuming with Last-Event-ID alone, and checks that each
 * seq is the one after the last. `onEvent` is called once per event.
 */
export function readJournal(socketPath: string, onEvent: (event: Event) => void): JournalReader {
  const events: Event[] = [];
  const faults: string[] = [];
  let last = 0;
  let cuts = 0;
  let closed = false;
  let isReading = false;
  let current: ClientRequest | null = null;

  const take = (event: Event) => {
    if (event.seq !== last + 1) faults.push(`seq ${event.seq} (${event.type}) after ${last}`);
    last = Math.max(last, event.seq);
    events.push(event);
    onEvent(event);
  };
  const comeBack = () => {
    if (closed) return;
    setTimeout(connect, comeBackMs);
  };
  const connect = () => {
    if (closed) return;
    const parse = createSseParser();
    const headers = { accept: 'text/event-stream', 'last-event-id': String(last) };
    current = request({ socketPath, path: '/v1/events', headers, agent: false }, (response) => {
      response.setEncoding('utf8');
      if (response.statusCode !== 200) {
        if (response.statusCode === 410) faults.push(`410 for the cursor ${last}`);
        response.resume();
      } else {
        isReading = true;
        response.on('data', (text: string) => {
          for (const message of parse(text)) {
            const event = JSON.parse(message.data) as Event;
            if (message.id !== String(event.seq)) faults.push(`id ${message.id} for seq ${event.seq}`);
            take(event);
          }
        });
      }
      response.once('error', () => {}); // cut: 'close' follows
      response.once('close', () => {
        cuts += 1;
        isReading = false;
        comeBack();
      });
    });
    let answered = false;
    current.once('response', () => {
      answered = true;
    });
    current.once('error', () => {
      if (!answered) comeBack();
    });
    current.end();
  };

  connect();
  return {
    events,
    faults,
    cuts: () => cuts,
    isReading: () => isReading,
    close: () => {
      closed = true;
      current?.destroy();
    },
  };
}
