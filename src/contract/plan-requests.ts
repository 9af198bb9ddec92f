import * as z from 'zod';
import {
  agentPlanEvents,
  maxSignalBytes,
  noBranchPattern,
  operatorPlanEvents,
  planNamePattern,
  planStatusFilters,
} from './plan-words.ts';
import { listLimit } from './requests.ts';

const planName = z.string().regex(planNamePattern, {
  error:
    'expected 1 to 64 small letters, digits, dots, underscores or dashes, with a letter or digit at both ends',
  abort: true,
});
const bodyText = z.string().refine((text) => Buffer.byteLength(text) <= maxSignalBytes, {
  error: `expected at most ${maxSignalBytes / 1024} KiB`,
});

/** Body of `POST /v1/repos/{repo}/plans`. */
export const createPlan = z
  .strictObject({
    name: planName.refine((name) => !noBranchPattern.test(name), {
      error: 'its branch would have this name, and git knows none with `..` in it or `.lock` at its end',
    }),
    content: bodyText.default('').meta({
      description: 'The plan as markdown, or what it is to be about; without waves it is a draft',
    }),
    topic: z.string().min(1).max(64).optional(),
    base: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Branch, tag or commit to start from; default: the branch that is checked out' }),
  })
  .meta({ id: 'CreatePlan' });
export type CreatePlan = z.infer<typeof createPlan>;

/** Body of `PATCH /v1/repos/{repo}/plans/{plan}`. */
export const updatePlan = z
  .strictObject({
    content: bodyText.optional(),
    topic: z.string().min(1).max(64).nullable().optional(),
    base: z.string().min(1).optional(),
    if_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, { error: 'expected 64 hexadecimal digits' })
      .optional()
      .meta({
        description:
          'SHA-256 of the `content` that this change was made from: where the plan has another one by now, it is refused as `plan_changed`',
      }),
  })
  .meta({ id: 'UpdatePlan' });
export type UpdatePlan = z.infer<typeof updatePlan>;

const saying = {
  event: z.string().meta({
    description: `One of ${[...agentPlanEvents, ...operatorPlanEvents].join(', ')}; \`-\` and \`_\` are the same`,
  }),
  wave: z.int().min(1).max(9999).optional(),
  task: z.int().min(1).max(9999).optional(),
  body: bodyText.optional().meta({ description: 'Feedback, a reason, or the plan, by event' }),
};

/** Body of `POST /v1/repos/{repo}/plans/{plan}/events`. */
export const sayOfPlan = z.strictObject(saying).meta({ id: 'PlanEvent' });
export type SayOfPlan = z.infer<typeof sayOfPlan>;

/** Body of `POST /v1/repos/{repo}/signals`. */
export const sendSignal = z.strictObject({ plan: z.string(), ...saying }).meta({ id: 'SendSignal' });
export type SendSignal = z.infer<typeof sendSignal>;

export const listPlansQuery = z.strictObject({
  limit: listLimit,
  cursor: z.string().optional(),
  status: z.enum(planStatusFilters).optional(),
});
export const listSignalsQuery = z.strictObject({
  limit: listLimit,
  cursor: z.string().optional(),
  plan: z.string().optional(),
  status: z.enum(['done', 'failed']).optional(),
});
