import type { Outcome } from '../adapter.ts';
import { oneLine } from '../bounded.ts';
import { endTurn } from '../dialog/end.ts';
import { notice, update } from '../dialog/work.ts';
import { asCount, asFields, asList, asText, type Fields } from '../fields.ts';
import { canceled, failed, succeeded } from '../outcome.ts';
import { timeText } from '../time-text.ts';
import type { ClaudeState, ClaudeWork } from './state.ts';
import { noteTurns } from './turns.ts';
import { noteTurnUsage } from './usage.ts';

const signInText =
  'The agent wants you to sign in: run claude once in a terminal and /login there, or set ANTHROPIC_API_KEY, then retry the run';

/** The turn is over: what it cost, and how it went. */
export function onResult(work: ClaudeWork, message: Fields): void {
  noteTurnUsage(work, message);
  noteTurns(work, message);
  const denied = asList(message.permission_denials).map(
    (denial) => asText(asFields(denial).tool_name) ?? 'a tool',
  );
  if (denied.length > 0) notice(work, `Denied in this turn: ${oneLine(denied.slice(0, 20).join(', '))}`);
  endTurn(work, outcomeOf(work.state, message));
  update(work, { apiError: null, limitResetsAt: null });
}

/** `subtype` says how the turn ended, `is_error` whether what it says is an error of the provider; the exit code says neither. */
function outcomeOf(state: ClaudeState, message: Fields): Outcome {
  if (state.canceling) return canceled(null);
  const subtype = asText(message.subtype) ?? 'none';
  const said = errorText(message);
  switch (subtype) {
    case 'success':
      return message.is_error === true ? providerError(state, message, said) : succeeded;
    case 'error_max_turns':
      return failed('max_turns', `The run was stopped after its limit of turns${turnsText(message)}`);
    case 'error_max_budget_usd':
      return failed('max_cost', 'The agent reached its own limit of cost');
    case 'error_during_execution':
      if (said.startsWith('No conversation found')) {
        return failed('session_lost', `The agent does not know this session any more: ${said}`);
      }
      return providerError(state, message, said);
    default:
      return failed('agent_error', `The agent ended its turn with ${oneLine(subtype, 80)}: ${said}`);
  }
}

function providerError(state: ClaudeState, message: Fields, said: string): Outcome {
  const status = asCount(message.api_error_status);
  if (state.apiError === 'authentication_failed' || status === 401)
    return failed('auth_required', `${signInText} (${said})`);
  if (state.apiError !== 'rate_limit' && status !== 429)
    return failed('agent_error', `The agent failed: ${said}`);
  const { limitResetsAt } = state;
  if (limitResetsAt === null) return failed('rate_limited', `The model’s provider refused for now: ${said}`);
  const resetsAt = timeText(limitResetsAt);
  return { ...failed('rate_limited', `The model’s provider refused until ${resetsAt}: ${said}`), resetsAt };
}

function errorText(message: Fields): string {
  const errors = asList(message.errors).flatMap((error) => asText(error) ?? []);
  return oneLine(errors.join('; ') || (asText(message.result) ?? '')) || 'it gave no reason';
}

function turnsText(message: Fields): string {
  const turns = asCount(message.num_turns);
  return turns === null ? '' : ` (${turns})`;
}
