import type {
  AdapterEffect,
  AdapterEvent,
  ApprovalAnswer,
  ApprovalRequest,
  Outcome,
  Step,
} from '../adapter.ts';

/** More requests of the agent than this are never open at once: it is told to wait. */
export const maxPending = 64;
/** More tool calls than this are not followed at once; the oldest is forgotten. */
export const maxOpenTools = 256;

/** A request of the agent that waits for a person. `ask` is what its answer must be fitted to. */
export type Pending<Ask> = {
  /** Unique in the run. */
  readonly key: string;
  /** The agent's own id of the request. */
  readonly id: string | number | null;
  readonly toolCallId: string | null;
  readonly ask: Ask;
};

/** What every adapter remembers that speaks with its agent in lines of JSON. Plain JSON. */
export type Dialog<Ask> = {
  /** Set once, at the end: nothing is read or said after it. */
  readonly outcome: Outcome | null;
  readonly canceling: boolean;
  /** The message that is being said. */
  readonly message: string | null;
  /** Tool calls that have begun and not ended. */
  readonly tools: readonly string[];
  readonly pending: readonly Pending<Ask>[];
  /** Answers written, not yet seen to have arrived. */
  readonly answered: readonly { readonly writeKey: string; readonly toolCallId: string | null }[];
  /** Numbers the requests of the agent: its own ids may repeat, these never do. */
  readonly asked: number;
  /** Keys of messages that were said to the agent and not seen to have been read, oldest first. */
  readonly unread: readonly string[];
  /** Until when its provider refuses to go on, while the agent stays. */
  readonly parked: { readonly until: string; readonly reason: string } | null;
  /** How often in a row it was parked and then did nothing. */
  readonly parks: number;
  /** The last line that was no message, for the outcome. */
  readonly lastWords: string | null;
  /** In the middle of a line too long to read. */
  readonly skipping: boolean;
};

/** A dialog before anything was said. */
export const emptyDialog = {
  outcome: null,
  canceling: false,
  message: null,
  tools: [],
  pending: [],
  answered: [],
  asked: 0,
  unread: [],
  parked: null,
  parks: 0,
  lastWords: null,
  skipping: false,
} as const satisfies Dialog<never>;

/** A step being made: handlers replace `state` and push effects; the caller sees only the finished step. */
export type Work<State> = { state: State; readonly effects: AdapterEffect[] };

/** Any dialog, for what does not look at the requests. */
export type AnyDialog = Dialog<unknown>;

/** Runs `change` over a state and returns the step; a finished dialog takes no more steps. */
export function step<State extends AnyDialog>(
  state: State,
  change: (work: Work<State>) => void,
): Step<State> {
  if (state.outcome !== null) return { state, effects: [] };
  const work: Work<State> = { state, effects: [] };
  change(work);
  return work;
}

/** Replaces some fields of the state. */
export function update<State>(work: Work<State>, fields: Partial<State>): void {
  work.state = { ...work.state, ...fields };
}

/** Adds an event. */
export function emit(work: Work<AnyDialog>, event: AdapterEvent): void {
  work.effects.push({ kind: 'event', event });
}

/** Adds a remark that a reader should see. */
export function notice(work: Work<AnyDialog>, text: string): void {
  emit(work, { type: 'agent.notice', data: { text } });
}

/** Adds a line to write. */
export function write(
  work: Work<AnyDialog>,
  key: string,
  message: unknown,
  replay: 'safe' | 'unsafe' = 'safe',
): void {
  work.effects.push({ kind: 'write', key, line: JSON.stringify(message), replay });
}

/** Says that the write of this key was seen to have arrived. */
export function arrived(work: Work<AnyDialog>, key: string): void {
  work.effects.push({ kind: 'arrived', key });
}

/** Puts a request into the inbox. */
export function toInbox(work: Work<AnyDialog>, key: string, request: ApprovalRequest): void {
  work.effects.push({ kind: 'approval', key, request });
}

export type { ApprovalAnswer, ApprovalRequest as Request };
