import type * as z from 'zod';
import { policyConfig } from '../../src/contract/index.ts';

/** A `[policy]` as the configuration gives it, by what is other than the default. */
export function policyOf(changes: z.input<typeof policyConfig>): z.output<typeof policyConfig> {
  return policyConfig.parse(changes);
}
