import type { Outcome } from './adapter.ts';

/** Every `error.code` that an adapter gives a run that failed, beside what happened. */
export const outcomeCodes = {
  agent_exited: 'The agent ended before it had answered',
  agent_error: 'The agent answered with an error, or refused',
  auth_required: 'The agent wants its user to sign in first',
  command_failed: 'The command ended with a code other than 0, or by a signal',
  max_turns: 'The agent used up the turns it was given',
  max_tokens: 'The agent used up its tokens',
  max_cost: 'The agent used up the money it was given',
  rate_limited: 'The model’s provider refused to go on for now; where it said until when, `reason` has it',
  session_lost: 'The agent does not know the session that was to go on, or cannot go on with any',
  option_unsupported: 'The agent cannot honour an option of the run',
  protocol_error: 'The agent said something its protocol does not allow',
} as const;

export type OutcomeCode = keyof typeof outcomeCodes;

/** The agent did what it was asked to. */
export const succeeded: Outcome = { status: 'succeeded', reason: null, error: null };

/** The run failed for `message`, which is one sentence without a full stop. */
export function failed(code: OutcomeCode, message: string): Outcome {
  return { status: 'failed', reason: message, error: { code, message } };
}

/** The run was stopped. */
export function canceled(reason: string | null): Outcome {
  return { status: 'canceled', reason, error: null };
}

/** `ended with exit code 3` or `was ended by SIGKILL`, inside a sentence. */
export function describeExit(exit: { readonly exitCode: number; readonly signal: string | null }): string {
  return exit.signal === null ? `ended with exit code ${exit.exitCode}` : `was ended by ${exit.signal}`;
}
