import type { AgentRequest } from '../adapter.ts';
import type { FormField } from '../dialog/form.ts';
import type { Question } from '../dialog/questions.ts';
import { type Dialog, emptyDialog, type Work } from '../dialog/work.ts';
import type { Fields } from '../fields.ts';
import { type ClaudeUsage, initialUsage } from './usage.ts';

/** What the answer to a request of Claude Code must be fitted to. */
export type ClaudeAsk =
  | {
      readonly kind: 'permission';
      /** What the tool is to be called with; null where it is too large to be said back. */
      readonly input: Fields | null;
      /** The rules that Claude Code itself proposes for an answer that is to last. */
      readonly suggestions: readonly Fields[];
    }
  /** A form of an MCP server. */
  | { readonly kind: 'form'; readonly fields: readonly FormField[] }
  | { readonly kind: 'question'; readonly input: Fields; readonly questions: readonly Question[] };

/** Where a conversation with Claude Code stands. Plain JSON. */
export type ClaudeState = Dialog<ClaudeAsk> & {
  /** Of it the uuids of messages are made: by them Claude Code knows a second copy, and tells of the first. */
  readonly runId: string;
  readonly promptArrived: boolean;
  readonly sessionId: string | null;
  /** What of the open message was told piece by piece, so that its whole is not told again. */
  readonly streamed: { readonly text: boolean; readonly thought: boolean };
  /** The kind of the last error of the model's provider, such as `rate_limit`. */
  readonly apiError: string | null;
  /** When a limit that was reached is lifted, in seconds since 1970. */
  readonly limitResetsAt: number | null;
  readonly usage: ClaudeUsage;
  readonly maxTurns: number | null;
  /** Turns of the messages that are over, and of the one at work. */
  readonly turnsDone: number;
  readonly turnsNow: number;
  /** The tasks that it keeps for itself: id, subject and status. */
  readonly tasks: readonly (readonly [id: string, subject: string, status: string])[];
};

export type ClaudeWork = Work<ClaudeState>;

/** The state before anything was said. */
export function initialState(request: AgentRequest): ClaudeState {
  return {
    ...emptyDialog,
    runId: request.runId,
    promptArrived: false,
    sessionId: request.sessionId,
    streamed: { text: false, thought: false },
    apiError: null,
    limitResetsAt: null,
    usage: initialUsage(request.sessionId),
    maxTurns: request.maxTurns,
    turnsDone: 0,
    turnsNow: 0,
    tasks: [],
  };
}
