import type { PlanTaskRow } from '../../foundation/store/index.ts';
import { freshTasks } from './state-columns.ts';
import { parsePlan } from './text/parse.ts';

/** The longest title of a plan, in characters. */
const maxTitleChars = 200;

/** A plan's text, with the title and the tasks that are stored beside it. */
export type PlanText = {
  readonly content: string;
  readonly title: string;
  readonly tasks: readonly PlanTaskRow[];
};

/** Reads a text, whoever wrote it; the title of one that has none is its goal, or the plan's name. */
export function readPlanText(
  content: string,
  name: string,
):
  | { readonly ok: true; readonly text: PlanText }
  | { readonly ok: false; readonly problems: readonly string[] } {
  if (content.trim() === '') return { ok: true, text: { content, title: name, tasks: [] } };
  const parsed = parsePlan(content);
  if (!parsed.ok)
    return { ok: false, problems: parsed.problems.map(({ line, message }) => `line ${line}: ${message}`) };
  const [...title] = parsed.plan.title ?? parsed.plan.goal ?? name;
  return {
    ok: true,
    text: { content, title: title.slice(0, maxTitleChars).join(''), tasks: freshTasks(parsed.plan) },
  };
}
