import {
  type Adapter,
  type AdapterEffect,
  type AgentRequest,
  adapterFor,
  type OutputPiece,
  type Step,
} from '../../src/domain/agents/index.ts';
import { says } from './transcripts.ts';

/** A request as the engine makes it, with what a test wants different. */
export function request(fields: Partial<AgentRequest> = {}): AgentRequest {
  return {
    runId: 'run_01',
    prompt: 'Do it',
    cwd: '/work',
    isTrusted: true,
    approvalMode: 'ask',
    model: null,
    maxTurns: null,
    maxCostUsd: null,
    maxTokens: null,
    sessionId: null,
    usedBefore: { input: 0, output: 0 },
    ...fields,
  };
}

/** What a reader of the raw file does: bytes in any chunks, pieces out, by the adapter's own rule. */
export function frame(adapter: Adapter<unknown>, chunks: readonly Uint8Array[]): OutputPiece[] {
  const { maxBytes, beyond } = adapter.stdoutLine;
  const pieces: OutputPiece[] = [];
  let rest = Buffer.alloc(0);
  let offset = 0;
  const give = (bytes: number, partial: boolean, end: number) => {
    const text = rest.subarray(0, end).toString('utf8');
    if (bytes <= maxBytes + 1 || beyond === 'split') {
      pieces.push({ stream: 'stdout', text, offset, bytes, partial });
    }
    rest = rest.subarray(bytes);
    offset += bytes;
  };
  for (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const newline = adapter.coalesce ? rest.lastIndexOf(10, maxBytes) : rest.indexOf(10);
      if (newline !== -1 && (beyond === 'drop' || newline <= maxBytes)) give(newline + 1, false, newline);
      else if (rest.length > maxBytes && beyond === 'split') give(maxBytes, true, maxBytes);
      else break;
    }
  }
  if (rest.length > 0) give(rest.length, false, rest.length);
  return pieces;
}

/** A conversation with an adapter: the last state, and every effect so far. */
export class Drive {
  readonly adapter: Adapter<unknown>;
  readonly effects: AdapterEffect[] = [];
  state: unknown;
  #offset = 0;

  constructor(adapter: Adapter<unknown>, fields: Partial<AgentRequest> = {}) {
    this.adapter = adapter;
    this.state = null;
    this.take(adapter.start(request(fields)));
  }

  /** Applies a step; the state goes through JSON each time, as it does through the store. */
  take(step: Step<unknown>): AdapterEffect[] {
    this.state = JSON.parse(JSON.stringify(step.state));
    this.effects.push(...step.effects);
    return [...step.effects];
  }

  /** The agent writes one message, or one raw line. */
  says(message: unknown, stream: 'stdout' | 'stderr' = 'stdout'): AdapterEffect[] {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    const bytes = Buffer.byteLength(text) + 1;
    const piece: OutputPiece = { stream, text, offset: this.#offset, bytes, partial: false };
    this.#offset += bytes;
    return this.take(this.adapter.read(this.state, piece));
  }

  /** A person answers. */
  answers(key: string, fields: Partial<Parameters<Adapter<unknown>['answer']>[2]>): AdapterEffect[] {
    const answer = { decision: 'allow' as const, always: false, optionId: null, text: null, ...fields };
    return this.take(this.adapter.answer(this.state, key, answer));
  }

  /** A person says something. */
  sends(key: string, text: string): AdapterEffect[] {
    return this.take(this.adapter.say(this.state, { key, text }));
  }

  cancels(): AdapterEffect[] {
    return this.take(this.adapter.cancel(this.state));
  }
}

/** The lines that effects write, parsed. */
export function written(effects: readonly AdapterEffect[]): Record<string, unknown>[] {
  return effects.flatMap((effect) => (effect.kind === 'write' ? [JSON.parse(effect.line)] : []));
}

/** The events of one type among effects. */
export function events(effects: readonly AdapterEffect[], type: string): Record<string, unknown>[] {
  return effects.flatMap((effect) =>
    effect.kind === 'event' && effect.event.type === type
      ? [effect.event.data as Record<string, unknown>]
      : [],
  );
}

/** The outcome that effects finish with, or undefined. */
export function outcomeIn(effects: readonly AdapterEffect[]) {
  return effects.find((effect) => effect.kind === 'finish')?.outcome;
}

/** An ACP drive whose prompt has been sent. */
export function prompted(fields: Partial<AgentRequest> = {}): Drive {
  const drive = new Drive(adapterFor('acp'), fields);
  drive.says(says.initialized());
  drive.says(says.opened());
  return drive;
}
