import type { Outcome } from '../adapter.ts';
import { oneLine } from '../bounded.ts';
import { endTurn } from '../dialog/end.ts';
import { notice, update } from '../dialog/work.ts';
import { asCount, asFields, asList, asText, type Fields } from '../fields.ts';
import { canceled, failed, succeeded } from '../outcome.ts';
import { timeText } from '../time-text.ts';
import { giveUpTold } from './messages.ts';
import type { CodexState, CodexWork } from './state.ts';

/** The turn is over. */
export function onTurnCompleted(work: CodexWork, turn: Fields): void {
  giveUpTold(work, asText(turn.id));
  const outcome = outcomeOf(work.state, turn);
  if (endTurn(work, outcome) === 'finished') return;
  update(work, { turnId: null, ended: outcome, answerDue: true, limitResetsAt: null });
}

/** An error in the middle: Codex says whether it tries again. One that it gives up on comes with the turn's end too. */
export function onError(work: CodexWork, params: Fields): void {
  if (params.willRetry !== true) return;
  const error = asFields(params.error);
  const parts = [error.message, error.additionalDetails].flatMap((part) => asText(part) ?? []);
  notice(work, oneLine(parts.join(': ')) || 'Codex tries again after an error');
}

/** What the run has used up so far: of what its thread has used up, the part that is its own. */
export function onUsage(work: CodexWork, params: Fields): void {
  const usage = asFields(params.tokenUsage);
  const total = asFields(usage.total);
  const last = asFields(usage.last);
  const before = usedBefore(work, { total, last, turnId: asText(params.turnId) });
  if (before === null) return;
  const input = lessBy(total.inputTokens, before.input);
  const output = lessBy(total.outputTokens, before.output);
  const context = asCount(last.totalTokens);
  const size = asCount(usage.modelContextWindow);
  update(work, { answerDue: true });
  work.effects.push({
    kind: 'usage',
    usage: {
      ...(input !== null && { input_tokens: input }),
      ...(output !== null && { output_tokens: output }),
      ...(context !== null && { context_tokens: context }),
      ...(size !== null && { context_size: size }),
    },
    costUsd: null,
  });
}

type Told = { readonly total: Fields; readonly last: Fields; readonly turnId: string | null };

/**
 * What the thread had used up before this run. One that goes on tells that with a turn of the past; should it not, then it
 * is all but the first answer. Null: this tells of the past alone.
 */
function usedBefore(work: CodexWork, { total, last, turnId }: Told): CodexState['usedBefore'] {
  const { usedBefore: known, turnId: ours, phase } = work.state;
  if (known !== null) return known;
  const isPast = phase === 'turn' || (turnId !== null && turnId !== ours);
  const less = isPast ? {} : last;
  const before = {
    input: lessBy(total.inputTokens, asCount(less.inputTokens) ?? 0) ?? 0,
    output: lessBy(total.outputTokens, asCount(less.outputTokens) ?? 0) ?? 0,
  };
  update(work, { usedBefore: before });
  return isPast ? null : before;
}

function lessBy(value: unknown, less: number): number | null {
  const count = asCount(value);
  return count === null ? null : Math.max(0, count - less);
}

/** The limits of the account: remembered for when one of them ends the turn. */
export function onRateLimits(work: CodexWork, params: Fields): void {
  const { primary, secondary } = asFields(params.rateLimits);
  const windows = [asFields(primary), asFields(secondary)].filter(
    ({ resetsAt }) => asCount(resetsAt) !== null,
  );
  const isFull = ({ usedPercent }: Fields) => typeof usedPercent === 'number' && usedPercent >= 100;
  const times = (windows.some(isFull) ? windows.filter(isFull) : windows.slice(0, 1)).map(
    ({ resetsAt }) => asCount(resetsAt) ?? 0,
  );
  if (times.length > 0) update(work, { limitResetsAt: Math.max(...times) });
}

/** Its todo list. */
export function planEntries(params: Fields): { content: string; status: string }[] {
  return asList(params.plan)
    .map(asFields)
    .map(({ step, status }) => ({
      content: asText(step) ?? '',
      status: status === 'inProgress' ? 'in_progress' : (asText(status) ?? 'pending'),
    }));
}

function outcomeOf(state: CodexState, turn: Fields): Outcome {
  if (state.canceling) return canceled(null);
  switch (turn.status) {
    case 'completed':
      return succeeded;
    case 'interrupted':
      return canceled('The agent ended its turn as interrupted');
    default:
      return failure(state, asFields(turn.error));
  }
}

function failure(state: CodexState, error: Fields): Outcome {
  const said = oneLine(asText(error.message) ?? 'it gave no reason');
  const { kind, status } = readInfo(error.codexErrorInfo);
  if (kind === 'unauthorized' || status === 401) {
    const how = 'run codex login once in a terminal, or set OPENAI_API_KEY, then retry the run';
    return failed('auth_required', `The agent wants you to sign in: ${how} (${said})`);
  }
  if (kind === 'contextWindowExceeded')
    return failed('max_tokens', `The conversation became too long: ${said}`);
  if (kind === 'sessionBudgetExceeded')
    return failed('max_cost', `The agent reached its own limit of cost: ${said}`);
  if (kind !== 'usageLimitExceeded' && kind !== 'rateLimitExceeded' && status !== 429) {
    return failed('agent_error', `The agent failed: ${said}`);
  }
  if (state.limitResetsAt === null)
    return failed('rate_limited', `The model’s provider refused for now: ${said}`);
  const resetsAt = timeText(state.limitResetsAt);
  return { ...failed('rate_limited', `The model’s provider refused until ${resetsAt}: ${said}`), resetsAt };
}

/** `"unauthorized"`, or `{"responseStreamDisconnected": {"httpStatusCode": 401}}`. */
function readInfo(info: unknown): { kind: string | null; status: number | null } {
  if (typeof info === 'string') return { kind: info, status: null };
  const [entry] = Object.entries(asFields(info));
  if (entry === undefined) return { kind: null, status: null };
  return { kind: entry[0], status: asCount(asFields(entry[1]).httpStatusCode) };
}
