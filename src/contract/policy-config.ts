import * as z from 'zod';
import { durationText } from './requests.ts';

/** More rules than this are more than anybody reads. */
const maxPolicyRules = 1000;

const globText = z
  .string()
  .min(1)
  .max(1000)
  .refine((glob) => !glob.startsWith('!'), {
    error: 'expected a glob without a leading !; a rule for the rest comes after this one',
  });

/** A relative glob is matched inside the run's folder alone, so a step out of it could never match. */
const pathGlobText = globText.refine((glob) => !glob.split('/').includes('..'), {
  error: 'expected a glob without ..; what lies outside the run’s folder is named by an absolute one',
});

/** One `[[policy.rules]]`. */
export const policyRule = z.strictObject({
  decision: z
    .enum(['allow', 'deny', 'ask'])
    .meta({ description: '"allow" once, "deny", or "ask": a person decides, whatever the mode of the run' }),
  agent: globText.optional().meta({ description: 'Only of this agent; a glob, as all four are' }),
  repo: globText.optional().meta({ description: 'Only in this repository: its project name or id' }),
  tool: globText
    .optional()
    .meta({ description: 'Only for this tool, by the name that `drover approvals` shows' }),
  path: pathGlobText.optional().meta({
    description:
      'Only for these files, from the run’s folder on, or absolute. "allow" wants every file of the request to match and at least one; "deny" and "ask" want any',
  }),
  reason: z.string().max(500).optional().meta({ description: 'Told to the agent, and kept with the answer' }),
});
export type PolicyRule = z.infer<typeof policyRule>;

/** `[policy]`: what is decided without a person, and what becomes of a request that nobody answers. */
export const policyConfig = z.strictObject({
  approval_timeout: durationText.default('0').meta({
    scope: 'live',
    description:
      'A permission or a question that nobody answers expires after this long: 30m, 8h; 0 = it waits',
  }),
  approval_default: z.enum(['deny', 'allow']).default('deny').meta({
    scope: 'live',
    description: 'How a permission that expired is answered, once: "deny" or "allow". A question is declined',
  }),
  rules: z.array(policyRule).max(maxPolicyRules).default([]).meta({
    scope: 'live',
    description:
      'Rules for permissions, in order: the first that matches decides, before the approval mode of the run does. See docs/approvals.md',
  }),
});
