import type { Run } from '../../../contract/index.ts';
import type { AgentRequest } from '../adapter.ts';
import type { FormField } from '../dialog/form.ts';
import type { Message } from '../dialog/messages.ts';
import { type Dialog, emptyDialog, type Work as WorkOn } from '../dialog/work.ts';
import type { Setting } from './setup.ts';

/** What an answer must be fitted to: the options of a permission, or the fields of a question's form. */
export type Ask =
  | { readonly kind: 'permission'; readonly options: readonly PermissionChoice[] }
  | { readonly kind: 'question'; readonly fields: readonly FormField[] };
export type PermissionChoice = { readonly id: string; readonly kind: string; readonly label: string };

/**
 * Where a conversation stands. Phases in order: `initialize`, `session`, `config` (what is to be set), `prompt`,
 * `finished`; each but the last names the request whose answer is waited for. Plain JSON.
 */
export type AcpState = Dialog<Ask> & {
  readonly phase: 'initialize' | 'session' | 'config' | 'prompt' | 'finished';
  readonly cwd: string;
  readonly isTrusted: boolean;
  /** The session was loaded; some agents go on telling its history when they have said so. */
  readonly isLoaded: boolean;
  /** Something of a history came since the last setting was asked for. */
  readonly wasReplayed: boolean;
  readonly model: string | null;
  readonly maxTurns: number | null;
  /** What is still to be set; the first of it was asked for. */
  readonly settings: readonly Setting[];
  /** Held only until it has been sent. */
  readonly prompt: string | null;
  /** The session asked for, then the one that is open. */
  readonly sessionId: string | null;
  /** The key of the prompt that is under way, and its number: 0 is the run's own, the others are messages. */
  readonly promptKey: string;
  readonly promptNumber: number;
  readonly promptArrived: boolean;
  /** Messages for the turns after this one. */
  readonly held: readonly Message[];
  /** Names of the ways to sign in, for the outcome. */
  readonly signIn: readonly string[];
  /** The agent's own id of the open message. */
  readonly messageId: string | null;
  /** The last status of each open tool call. */
  readonly statuses: readonly (readonly [id: string, status: string])[];
  readonly turns: number;
  /** The next thing the model says begins a turn. */
  readonly turnDue: boolean;
  readonly usage: NonNullable<Run['usage']>;
  readonly costUsd: number | null;
  /** What the session had cost before this run. */
  readonly costBefore: number;
  /** Tokens that the last turn told, and those of turns before that are not in them. */
  readonly lastTold: Tokens;
  readonly turnsBefore: Tokens;
  readonly strayTold: boolean;
};

type Tokens = { readonly input: number; readonly output: number };

export type Work = WorkOn<AcpState>;

/** The state before anything was said. */
export function initialState(request: AgentRequest): AcpState {
  return {
    ...emptyDialog,
    phase: 'initialize',
    cwd: request.cwd,
    isTrusted: request.isTrusted,
    isLoaded: false,
    wasReplayed: false,
    model: request.model,
    maxTurns: request.maxTurns,
    settings: [],
    prompt: request.prompt,
    sessionId: request.sessionId,
    promptKey: 'session/prompt',
    promptNumber: 0,
    promptArrived: false,
    held: [],
    signIn: [],
    messageId: null,
    statuses: [],
    turns: 0,
    turnDue: false,
    usage: {},
    costUsd: null,
    costBefore: 0,
    lastTold: { input: 0, output: 0 },
    turnsBefore: { input: 0, output: 0 },
    strayTold: false,
  };
}
