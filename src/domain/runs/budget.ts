import { type RunRow, type Spent, type Sql, usageOfDay } from '../../foundation/store/index.ts';

/** What may be used up, of the configuration; 0: no limit. */
export type Budget = {
  readonly costPerRun: number;
  readonly tokensPerRun: number;
  readonly costPerDay: number;
  readonly tokensPerDay: number;
};

/** A limit that is used up, and why a run is stopped for it. */
export type Overrun = { readonly because: 'max_cost' | 'max_tokens'; readonly reason: string };

type Limit = {
  readonly because: Overrun['because'];
  readonly used: number;
  readonly limit: number;
  readonly name: string;
};

type Limited = Pick<RunRow, 'maxCostUsd' | 'maxTokens' | 'usage' | 'costUsd'>;

/** What the run may cost at most, by its own limit and that of the configuration; null: no limit. */
export function costLimitOf(run: Pick<RunRow, 'maxCostUsd'>, { costPerRun }: Budget): number | null {
  const limits = [run.maxCostUsd ?? 0, costPerRun].filter((limit) => limit > 0);
  return limits.length === 0 ? null : Math.min(...limits);
}

/** The limit that a run has used up: one of its own, or one of the day with all that the other runs used. */
export function overrunOf(
  sql: Sql,
  run: Limited,
  { budget, day }: { budget: Budget; day: string },
): Overrun | null {
  return overrunOfRun(run, budget) ?? overrunOfDay(sql, budget, day);
}

/** One of its own. */
export function overrunOfRun(
  { maxCostUsd, maxTokens, usage, costUsd }: Limited,
  budget: Budget,
): Overrun | null {
  const tokens = (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0);
  const cost = { because: 'max_cost', used: costUsd ?? 0 } as const;
  const count = { because: 'max_tokens', used: tokens } as const;
  const found = firstUsedUp([
    { ...cost, limit: maxCostUsd ?? 0, name: 'its limit' },
    { ...cost, limit: budget.costPerRun, name: 'max_cost_usd_per_run' },
    { ...count, limit: maxTokens ?? 0, name: 'its limit' },
    { ...count, limit: budget.tokensPerRun, name: 'max_tokens_per_run' },
  ]);
  return found === null ? null : { because: found.because, reason: `Stopped: it used ${figures(found)}` };
}

/** One of the day. */
function overrunOfDay(sql: Sql, budget: Budget, day: string): Overrun | null {
  const found = usedUpOfDay(sql, budget, day);
  if (found === null) return null;
  return { because: found.because, reason: `Stopped: the runs of ${day} used ${figures(found)}` };
}

/** Why no agent starts on this day any more; null while there is something left. */
export function whyNotToday(sql: Sql, budget: Budget, day: string): string | null {
  const found = usedUpOfDay(sql, budget, day);
  if (found === null) return null;
  const limit = format(found.because, found.limit);
  return `Waiting: ${found.name} (${limit}) is used up; it starts when the day changes, or when the limit is raised`;
}

/** What a run should have been stopped for, and nobody could tell whether; null where its agent told enough. */
export function untoldLimit({ maxCostUsd, maxTokens, usage, costUsd }: Limited): string | null {
  const hasTokens = usage?.input_tokens !== undefined || usage?.output_tokens !== undefined;
  const isCostUntold = maxCostUsd !== null && costUsd === null;
  const isCountUntold = maxTokens !== null && !hasTokens;
  const cost = isCostUntold ? format('max_cost', maxCostUsd) : '';
  const tokens = isCountUntold ? format('max_tokens', maxTokens) : '';
  if (isCostUntold && isCountUntold)
    return `The agent told neither cost nor tokens, so that the limits of ${cost} and ${tokens} could not be held`;
  if (isCostUntold) return `The agent told no cost, so that the limit of ${cost} could not be held`;
  return isCountUntold ? `The agent told no tokens, so that the limit of ${tokens} could not be held` : null;
}

function usedUpOfDay(sql: Sql, { costPerDay, tokensPerDay }: Budget, day: string): Limit | null {
  if (costPerDay === 0 && tokensPerDay === 0) return null;
  const spent: Spent = usageOfDay(sql, day);
  return firstUsedUp([
    { because: 'max_cost', used: spent.costUsd ?? 0, limit: costPerDay, name: 'max_cost_usd_per_day' },
    {
      because: 'max_tokens',
      used: spent.inputTokens + spent.outputTokens,
      limit: tokensPerDay,
      name: 'max_tokens_per_day',
    },
  ]);
}

function firstUsedUp(limits: readonly Limit[]): Limit | null {
  return limits.find(({ used, limit }) => limit > 0 && used >= limit) ?? null;
}

function figures({ because, used, limit, name }: Limit): string {
  return `${format(because, used)}, and ${name} is ${format(because, limit)}`;
}

function format(because: Overrun['because'], amount: number): string {
  if (because === 'max_tokens') return `${amount.toLocaleString('en-US')} tokens`;
  return `$${amount.toFixed(amount < 1 ? 4 : 2)}`;
}
