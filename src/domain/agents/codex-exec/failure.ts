import type { Outcome } from '../adapter.ts';
import { oneLine } from '../bounded.ts';
import { failed, type OutcomeCode } from '../outcome.ts';
import type { ExecState } from './state.ts';

/** `codex exec` tells an error in words alone, which are all there is to know it by. */
const known: readonly { readonly words: RegExp; readonly code: OutcomeCode; readonly say: string }[] = [
  {
    words: /\b401\b|unauthorized|not logged in/i,
    code: 'auth_required',
    say: 'The agent wants you to sign in: run codex login once in a terminal, or set OPENAI_API_KEY, then retry the run',
  },
  {
    words: /\b429\b|usage limit|rate limit/i,
    code: 'rate_limited',
    say: 'The model’s provider refused for now',
  },
  { words: /context window/i, code: 'max_tokens', say: 'The conversation became too long' },
];

/** What the end of a turn that failed means for the run. */
export function failure(message: string | null): Outcome {
  const said = oneLine(message ?? 'it gave no reason');
  const kind = known.find(({ words }) => words.test(said));
  return failed(kind?.code ?? 'agent_error', `${kind?.say ?? 'The agent failed'}: ${said}`);
}

/** The outcome of a run that was to go on in a session which Codex does not know; null for every other. */
export function sessionLost({
  outcome,
  canceling,
  hasBegun,
  sessionId,
  lastWords,
}: ExecState): Outcome | null {
  if (outcome !== null || canceling || hasBegun || sessionId === null) return null;
  if (!/thread\/resume|no rollout found/.test(lastWords ?? '')) return null;
  return failed('session_lost', `The agent does not know the session '${sessionId}' any more: ${lastWords}`);
}
