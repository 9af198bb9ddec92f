/** Something in a plan that cannot be carried out as it is written, and what to write instead. Lines count from 1. */
export type PlanProblem = { readonly line: number; readonly message: string };

/** Problems that are told one by one. */
export const maxToldProblems = 20;

/** Problems in the order of their lines, no more than a reader can use; the last entry counts the rest. */
export function told(problems: readonly PlanProblem[]): readonly PlanProblem[] {
  const sorted = problems.toSorted((one, other) => one.line - other.line);
  const rest = sorted.slice(maxToldProblems);
  const first = rest[0];
  if (first === undefined) return sorted;
  const message = `${rest.length} more like these from this line on: mend those above first`;
  return [...sorted.slice(0, maxToldProblems), { line: first.line, message }];
}
