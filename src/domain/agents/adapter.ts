import type { ApprovalMode, EventData, EventType, Run, Runtime } from '../../contract/index.ts';
import type { RequestPaths } from './paths.ts';

/** What a run asks of an agent: everything an adapter may know. */
export type AgentRequest = {
  readonly runId: string;
  readonly prompt: string;
  /** The folder the agent works in. */
  readonly cwd: string;
  /** False in a repository whose own configuration nobody has approved: nothing of it may be executed. */
  readonly isTrusted: boolean;
  readonly approvalMode: ApprovalMode;
  readonly model: string | null;
  readonly maxTurns: number | null;
  /** What it may cost and read and write; drover stops it by what it tells, an agent may do so sooner by itself. */
  readonly maxCostUsd: number | null;
  readonly maxTokens: number | null;
  /** Continue this conversation instead of beginning one. */
  readonly sessionId: string | null;
  /** Tokens that earlier runs of that conversation are known to have used up. */
  readonly usedBefore: { readonly input: number; readonly output: number };
};

/** A piece of the agent's output: complete lines without the last newline, or a piece of one too long. */
export type OutputPiece = {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** Where it begins in the raw file, in bytes, and how many bytes it is, newline included. */
  readonly offset: number;
  readonly bytes: number;
  /** The line goes on in the next piece. */
  readonly partial: boolean;
};

/** An event an adapter may emit, with the data of its type. */
export type AdapterEvent = { [T in EventType]: { readonly type: T; readonly data: EventData<T> } }[EventType];

/** What an adapter wants done. The run engine carries effects out; the adapter itself touches nothing. */
export type AdapterEffect =
  | { readonly kind: 'event'; readonly event: AdapterEvent }
  /** A line for the agent's stdin, without its newline: the engine adds it. `key` is unique in the run. `replay`: whether the protocol recognises it a second time. */
  | {
      readonly kind: 'write';
      readonly key: string;
      readonly line: string;
      readonly replay: 'safe' | 'unsafe';
    }
  /** Proof, seen in the agent's output, that the write of this key arrived. */
  | { readonly kind: 'arrived'; readonly key: string }
  | {
      readonly kind: 'approval';
      /** The agent's own id of the request; unique in the run while it is pending. */
      readonly key: string;
      readonly request: ApprovalRequest;
    }
  /** The agent does not wait for this approval any more. */
  | { readonly kind: 'withdrawn'; readonly key: string; readonly reason: string }
  | { readonly kind: 'session'; readonly sessionId: string }
  | { readonly kind: 'usage'; readonly usage: NonNullable<Run['usage']>; readonly costUsd: number | null }
  | { readonly kind: 'result'; readonly text: string }
  /** A message of a person was read; or, with the reason, nobody reads it any more. In the step that said it: it is refused. */
  | { readonly kind: 'heard'; readonly key: string; readonly unreadBecause: string | null }
  /** The turn was refused by the provider until then (RFC 3339), and the agent stays: the engine calls `goOn` when it is time. */
  | { readonly kind: 'park'; readonly until: string; readonly reason: string }
  /** The turn is over in the protocol: the engine closes stdin, waits a grace and ends what is left. */
  | { readonly kind: 'finish'; readonly outcome: Outcome };

/** What the agent asks. An adapter asks whatever the run's mode is: who answers is decided by the engine. */
export type ApprovalRequest = {
  readonly kind: 'permission' | 'question';
  readonly title: string;
  readonly tool: string | null;
  readonly input: unknown;
  readonly paths: RequestPaths;
  readonly options: readonly { readonly id: string; readonly kind: string; readonly label: string }[];
};

/** How a run ended, as the adapter sees it. */
export type Outcome = {
  readonly status: 'succeeded' | 'failed' | 'canceled';
  readonly reason: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** With `rate_limited`: when the agent may go on (RFC 3339), where its provider said so. */
  readonly resetsAt?: string;
};

/** How the process ended, from the launcher's exit record. */
export type ProcessExit = { readonly exitCode: number; readonly signal: string | null };

/** A person's, or the policy's, answer to an approval. With `deny`, `text` is for the agent, where its protocol takes words. */
export type ApprovalAnswer = {
  readonly decision: 'allow' | 'deny' | 'answer';
  readonly always: boolean;
  readonly optionId: string | null;
  readonly text: string | null;
};

export type Step<State> = { readonly state: State; readonly effects: readonly AdapterEffect[] };

/**
 * One runtime as a pure codec: bytes → effects, decisions → bytes. Life: `start` once before the launch, `read` for
 * each piece in order, `answer` for each resolved approval, `say` for each message of a person, `goOn` after each `park`
 * that no message ended, `left` once when there is nothing more to read, `exited` once with the exit record. `State` is
 * plain JSON: it is stored in the transaction that moves the output offset, so that a restarted daemon goes on exactly
 * there.
 */
export type Adapter<State> = {
  readonly runtime: Runtime;
  /** `lines`: a FIFO the engine writes to. `none`: nothing is ever written to it. */
  readonly input: 'lines' | 'none';
  /** All that its stdin holds, from the beginning, where nothing is written to it; without this it holds nothing. */
  readonly stdin?: (request: AgentRequest) => string;
  /** A stdout line longer than this is not handed over whole: `split` gives pieces, `drop` skips it with an event. */
  readonly stdoutLine: { readonly maxBytes: number; readonly beyond: 'split' | 'drop' };
  /** True where several waiting lines may come as one piece when the reader is behind. */
  readonly coalesce: boolean;
  /** The command line of one run: the agent's own, with what this protocol and this run add to it. */
  readonly commandLine: (command: readonly string[], request: AgentRequest) => readonly string[];
  readonly start: (request: AgentRequest) => Step<State>;
  readonly read: (state: State, piece: OutputPiece) => Step<State>;
  readonly answer: (state: State, key: string, answer: ApprovalAnswer) => Step<State>;
  /** False where nothing can be said to it once it is at work. */
  readonly takesMessages: boolean;
  /**
   * A person says something to the agent at work. The run goes on until that was read: in this turn, or in one more. An
   * effect `heard` with a reason in this very step refuses it.
   */
  readonly say: (state: State, message: { readonly key: string; readonly text: string }) => Step<State>;
  /** After `park`: the agent is asked to take up the work that its provider had refused. */
  readonly goOn: (state: State) => Step<State>;
  /** The polite way to stop a turn, written before the signals; may be nothing. */
  readonly cancel: (state: State) => Step<State>;
  /** What is still open when the agent is gone, told as that. */
  readonly left: (state: State) => Step<State>;
  readonly exited: (state: State, exit: ProcessExit) => Outcome;
};
