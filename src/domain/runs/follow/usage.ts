import { localDay } from '../../../base/index.ts';
import {
  addUsageOfDay,
  getRun,
  type RunRow,
  type Transaction,
  updateRun,
} from '../../../foundation/store/index.ts';
import type { AdapterEffect } from '../../agents/index.ts';
import { type EffectTarget, ofRun } from './waiting.ts';

/**
 * Takes what a run has used up so far. What is more than it told before belongs to the day of this transaction, so that a
 * run over midnight is counted to both days, and a figure that is told twice to none.
 */
export function applyUsage(
  tx: Transaction,
  run: EffectTarget,
  { usage, costUsd }: Extract<AdapterEffect, { kind: 'usage' }>,
): void {
  const before = getRun(tx, run.key);
  updateRun(tx, run.key, { usage, ...(costUsd === null ? {} : { costUsd }) });
  addUsageOfDay(tx, {
    day: localDay(tx.now),
    repoId: run.repoId,
    agent: before.agent,
    inputTokens: (usage.input_tokens ?? 0) - (before.usage?.input_tokens ?? 0),
    outputTokens: (usage.output_tokens ?? 0) - (before.usage?.output_tokens ?? 0),
    costUsd: costUsd === null ? 0 : costUsd - (before.costUsd ?? 0),
  });
  tx.event({
    type: 'usage.updated',
    data: { usage: numbersOf(usage), cost_usd: costUsd },
    source: 'agent',
    ...ofRun(run),
  });
}

function numbersOf(usage: NonNullable<RunRow['usage']>): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(usage)) if (value !== undefined) numbers[name] = value;
  return numbers;
}
