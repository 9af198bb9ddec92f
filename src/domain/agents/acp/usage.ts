import { update } from '../dialog/work.ts';
import { asCount, asFields, asPrice, type Fields } from '../fields.ts';
import type { AcpState, Work } from './state.ts';

/** A `usage_update` of the session: what its context holds, and what it has cost. */
export function noteSessionUsage(work: Work, fields: Fields): void {
  const used = asCount(fields.used);
  const size = asCount(fields.size);
  const cost = costOf(fields);
  addUsage(
    work,
    { ...(used !== null && { context_tokens: used }), ...(size !== null && { context_size: size }) },
    cost === null ? null : Math.max(0, cost - work.state.costBefore),
  );
}

/** The same from before the prompt: a session that goes on counts its cost on, and that of the past is not this run's. */
export function notePastUsage(work: Work, fields: Fields): void {
  const cost = costOf(fields);
  if (cost !== null) update(work, { costBefore: cost });
}

/**
 * What a turn told with its end. ACP's own figure is of all turns, but some agents begin anew with each: one that is less
 * than the last was is of its turn alone. Gemini CLI tells its turn's beside the protocol.
 */
export function noteTurnUsage(work: Work, result: Fields): void {
  const usage = asFields(result.usage);
  const counted = asFields(asFields(asFields(result._meta).quota).token_count);
  const input = asCount(usage.inputTokens ?? counted.input_tokens);
  const output = asCount(usage.outputTokens ?? counted.output_tokens);
  if (input === null && output === null) return;
  const told = { input: input ?? 0, output: output ?? 0 };
  const { turnsBefore, lastTold } = work.state;
  const isOfTurn =
    usage.inputTokens === undefined || told.input + told.output < lastTold.input + lastTold.output;
  const before = isOfTurn ? plus(turnsBefore, lastTold) : turnsBefore;
  update(work, { turnsBefore: before, lastTold: told });
  const sum = plus(before, told);
  addUsage(
    work,
    {
      ...(input !== null && { input_tokens: sum.input }),
      ...(output !== null && { output_tokens: sum.output }),
    },
    null,
  );
}

/** Adds what the agent says of its tokens and its price; the effect carries all that is known so far. */
function addUsage(work: Work, more: AcpState['usage'], costUsd: number | null): void {
  if (Object.keys(more).length === 0 && costUsd === null) return;
  const usage = { ...work.state.usage, ...more };
  update(work, { usage, costUsd: costUsd ?? work.state.costUsd });
  work.effects.push({ kind: 'usage', usage, costUsd: work.state.costUsd });
}

function costOf(fields: Fields): number | null {
  const cost = asFields(fields.cost);
  return cost.currency === 'USD' ? asPrice(cost.amount) : null;
}

function plus(one: AcpState['lastTold'], other: AcpState['lastTold']): AcpState['lastTold'] {
  return { input: one.input + other.input, output: one.output + other.output };
}
