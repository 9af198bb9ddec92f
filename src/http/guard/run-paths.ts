import { type RouteSpec, routes } from '../../contract/index.ts';
import { patternOf } from '../path-pattern.ts';

/** What the token of a run may POST to, as the contract has it. Paths come checked: no escape in them hides a separator. */
const runPaths: readonly RegExp[] = Object.values<RouteSpec>(routes)
  .filter(({ access }) => access === 'run')
  .map(({ path }) => patternOf(path));

/** True for a request that the token of a run may make although it writes: what it says is judged by who is told it. */
export function isForRuns(method: string, path: string): boolean {
  return method === 'POST' && runPaths.some((pattern) => pattern.test(path));
}
