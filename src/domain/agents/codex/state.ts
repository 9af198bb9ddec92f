import type { AgentRequest, Outcome } from '../adapter.ts';
import type { FormField } from '../dialog/form.ts';
import type { Message } from '../dialog/messages.ts';
import type { Question } from '../dialog/questions.ts';
import { type Dialog, emptyDialog, type Work } from '../dialog/work.ts';
import type { Fields } from '../fields.ts';
import type { RequestPaths } from '../paths.ts';

/** What the answer to a request of Codex must be fitted to. */
export type CodexAsk =
  | { readonly kind: 'decision' }
  /** More rights than its sandbox gives. */
  | { readonly kind: 'permissions'; readonly permissions: Fields }
  | { readonly kind: 'questions'; readonly questions: readonly Question[] }
  /** A form of an MCP server. */
  | { readonly kind: 'form'; readonly fields: readonly FormField[] };

/**
 * Where a conversation with Codex stands. Phases in order: `initialize`, `thread`, `turn` (asked for), `working`. Plain
 * JSON.
 */
export type CodexState = Dialog<CodexAsk> & {
  readonly phase: 'initialize' | 'thread' | 'turn' | 'working';
  /** What the run asked for; the prompt leaves it when it is sent. */
  readonly request: AgentRequest;
  /** The thread asked for, then the one that is open. */
  readonly threadId: string | null;
  /** The turn at work; null between two. */
  readonly turnId: string | null;
  /** How the last turn ended, while there may be one more. */
  readonly ended: Outcome | null;
  /** Messages from before there was a thread. */
  readonly held: readonly Message[];
  /** Messages told and not yet seen in the conversation: in which turn they are to be, once Codex has said so. */
  readonly told: readonly {
    readonly clientId: string;
    readonly writeKey: string;
    readonly rpcId: number;
    readonly turnId: string | null;
  }[];
  /** How many messages were told. */
  readonly messages: number;
  readonly promptArrived: boolean;
  /** Requests that Codex was too busy for, by phase. */
  readonly refusals: number;
  /** The open message, or thought, was told piece by piece. */
  readonly streamed: { readonly text: boolean; readonly thought: boolean };
  /** Changes of files that were begun: what a person is shown who is asked about them. */
  readonly edits: readonly {
    readonly id: string;
    readonly title: string;
    readonly input: unknown;
    readonly paths: RequestPaths;
  }[];
  /** Answers of the model, counted by what they cost; the next thing it says begins one more. */
  readonly answers: number;
  readonly answerDue: boolean;
  /** Tokens that its thread had used up before this run; null while that is not known. */
  readonly usedBefore: { readonly input: number; readonly output: number } | null;
  /** When the limit of the account that is nearest is lifted, in seconds since 1970. */
  readonly limitResetsAt: number | null;
};

export type CodexWork = Work<CodexState>;

/** The state before anything was said. */
export function initialState(request: AgentRequest): CodexState {
  return {
    ...emptyDialog,
    phase: 'initialize',
    request,
    threadId: request.sessionId,
    turnId: null,
    ended: null,
    held: [],
    told: [],
    messages: 0,
    promptArrived: false,
    refusals: 0,
    streamed: { text: false, thought: false },
    edits: [],
    answers: 0,
    answerDue: true,
    usedBefore: request.sessionId === null ? { input: 0, output: 0 } : null,
    limitResetsAt: null,
  };
}
