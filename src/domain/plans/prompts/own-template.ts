import { AppError, type PlanRole } from '../../../contract/index.ts';
import type { RepoPlanSettings } from '../ports.ts';
import { checkTemplate } from './render.ts';

/** The repository's own prompt of a role, where it has one. Throws `plan_invalid` for one that cannot be used. */
export async function ownTemplate(
  settings: RepoPlanSettings,
  role: PlanRole | 'ask',
): Promise<string | undefined> {
  const template = await settings.templateOf(role);
  const problem = template === undefined ? null : checkTemplate(template);
  if (problem === null) return template;
  throw new AppError('plan_invalid', `.drover/prompts/${role}.md cannot be used: ${problem}`, {
    hint: 'mend the file, trust the repository again, and retry the plan',
  });
}
