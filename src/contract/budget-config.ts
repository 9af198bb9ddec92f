import * as z from 'zod';

const usd = z.number().min(0).max(1_000_000);
const tokens = z.int().min(0);

/** `[budget]`: what agents may use up. What an agent does not tell cannot be held. */
export const budgetConfig = z.strictObject({
  max_cost_usd_per_run: usd.default(0).meta({
    scope: 'live',
    description: 'A run whose agent tells that it cost so many US dollars is stopped; 0 = no limit',
  }),
  max_tokens_per_run: tokens.default(0).meta({
    scope: 'live',
    description: 'The same for tokens, those read and those written together; 0 = no limit',
  }),
  max_cost_usd_per_day: usd.default(0).meta({
    scope: 'live',
    description:
      'When the runs of a day have cost so much, the run that crosses it is stopped, and agents start again the next day; 0 = no limit',
  }),
  max_tokens_per_day: tokens
    .default(0)
    .meta({ scope: 'live', description: 'The same for tokens; 0 = no limit' }),
});
