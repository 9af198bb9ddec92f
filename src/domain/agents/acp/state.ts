import type { ApprovalMode, Run } from '../../../contract/index.ts';
import type { AdapterEffect, AdapterEvent, AgentRequest, Outcome, Step } from '../adapter.ts';
import type { FormField } from '../dialog/form.ts';
import type { RpcId } from './wire.ts';

/** More requests of the agent than this are never open at once: it is told to wait. */
export const maxPending = 64;
/** More tool calls than this are not followed at once; the oldest is forgotten. */
export const maxOpenTools = 256;

/** A request of the agent that waits for a person. */
export type Pending = {
  readonly key: string;
  readonly rpcId: RpcId;
  readonly toolCallId: string | null;
  readonly ask: Ask;
};

/** What an answer must be fitted to: the options of a permission, or the fields of a question's form. */
export type Ask =
  | { readonly kind: 'permission'; readonly options: readonly PermissionChoice[] }
  | { readonly kind: 'question'; readonly fields: readonly FormField[] };
export type PermissionChoice = { readonly id: string; readonly kind: string; readonly label: string };

/**
 * Where a conversation stands. Phases in order: `initialize`, `session`, `config` (only with a model), `prompt`,
 * `finished`; each but the last names the request whose answer is waited for. Plain JSON.
 */
export type AcpState = {
  readonly phase: 'initialize' | 'session' | 'config' | 'prompt' | 'finished';
  readonly cwd: string;
  readonly approvalMode: ApprovalMode;
  readonly model: string | null;
  readonly maxTurns: number | null;
  /** Held only until it has been sent. */
  readonly prompt: string | null;
  /** The session asked for, then the one that is open. */
  readonly sessionId: string | null;
  readonly promptArrived: boolean;
  readonly canceling: boolean;
  readonly outcome: Outcome | null;
  /** Names of the ways to sign in, for the outcome. */
  readonly signIn: readonly string[];
  readonly message: { readonly id: string | null; readonly text: string } | null;
  /** Tool calls that have begun and not ended: id and last status. */
  readonly tools: readonly (readonly [id: string, status: string])[];
  readonly pending: readonly Pending[];
  /** Answers written, not yet seen to have arrived. */
  readonly answered: readonly { readonly writeKey: string; readonly toolCallId: string | null }[];
  /** Numbers the requests of the agent: its own ids may repeat, these never do. */
  readonly asked: number;
  readonly turns: number;
  /** The next thing the model says begins a turn. */
  readonly turnDue: boolean;
  readonly usage: NonNullable<Run['usage']>;
  readonly costUsd: number | null;
  /** The last line on stderr, or on stdout outside the protocol, for the outcome. */
  readonly lastWords: string | null;
  /** In the middle of a line too long to read. */
  readonly skipping: boolean;
  readonly strayTold: boolean;
};

/** A step being made: handlers replace `state` and push effects; the caller sees only the finished step. */
export type Work = { state: AcpState; readonly effects: AdapterEffect[] };

/** The state before anything was said. */
export function initialState(request: AgentRequest): AcpState {
  return {
    phase: 'initialize',
    cwd: request.cwd,
    approvalMode: request.approvalMode,
    model: request.model,
    maxTurns: request.maxTurns,
    prompt: request.prompt,
    sessionId: request.sessionId,
    promptArrived: false,
    canceling: false,
    outcome: null,
    signIn: [],
    message: null,
    tools: [],
    pending: [],
    answered: [],
    asked: 0,
    turns: 0,
    turnDue: false,
    usage: {},
    costUsd: null,
    lastWords: null,
    skipping: false,
    strayTold: false,
  };
}

/** Runs `change` over a state and returns the step; a finished state takes no more steps. */
export function step(state: AcpState, change: (work: Work) => void): Step<AcpState> {
  if (state.phase === 'finished') return { state, effects: [] };
  const work: Work = { state, effects: [] };
  change(work);
  return work;
}

/** Replaces some fields of the state. */
export function update(work: Work, fields: Partial<AcpState>): void {
  work.state = { ...work.state, ...fields };
}

/** Adds an event. */
export function emit(work: Work, event: AdapterEvent): void {
  work.effects.push({ kind: 'event', event });
}

/** Adds a remark that a reader should see. */
export function notice(work: Work, text: string): void {
  emit(work, { type: 'agent.notice', data: { text } });
}

/** Adds a line to write. */
export function write(work: Work, key: string, line: string, replay: 'safe' | 'unsafe' = 'safe'): void {
  work.effects.push({ kind: 'write', key, line, replay });
}
