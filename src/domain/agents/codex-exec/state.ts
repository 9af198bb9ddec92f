import type { AgentRequest } from '../adapter.ts';
import { type Dialog, emptyDialog, type Work } from '../dialog/work.ts';

/** Where a run of `codex exec` stands. It asks nothing, so nothing is ever pending. Plain JSON. */
export type ExecState = Dialog<never> & {
  /** The session that is to go on, or null. */
  readonly sessionId: string | null;
  readonly usedBefore: AgentRequest['usedBefore'];
  readonly hasBegun: boolean;
  readonly maxTurns: number | null;
  readonly turns: number;
  /** The next thing the model says or does begins a turn. */
  readonly turnDue: boolean;
};

export type ExecWork = Work<ExecState>;

/** The state before anything was said. */
export function initialState({ sessionId, usedBefore, maxTurns }: AgentRequest): ExecState {
  return { ...emptyDialog, sessionId, usedBefore, hasBegun: false, maxTurns, turns: 0, turnDue: true };
}
