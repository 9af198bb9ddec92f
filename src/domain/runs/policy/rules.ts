import { posix } from 'node:path';
import picomatch from 'picomatch/posix.js';
import type { PolicyRule } from '../../../contract/index.ts';
import type { RunRow } from '../../../foundation/store/index.ts';
import type { ApprovalRequest } from '../../agents/index.ts';
import { readSaidPath, type SaidPath } from './said-path.ts';

/** What of a run a rule looks at. `worktree` is where it works. */
export type JudgedRun = Pick<RunRow, 'agent' | 'repoId' | 'project' | 'worktree' | 'approvalMode'>;

/** A rule of `[[policy.rules]]`, ready to be asked. */
export type Rule = {
  /** Its place in the file, from 1. */
  readonly number: number;
  readonly decision: PolicyRule['decision'];
  /** Why, in the operator's words; else the rule itself in words. */
  readonly reason: string;
  /** Whether it may be about requests of this run at all. */
  readonly isAboutRun: (run: JudgedRun) => boolean;
  readonly matches: (run: JudgedRun, request: ApprovalRequest) => boolean;
};

type Matcher = (text: string) => boolean;

/** A name or path with a line end is matched like any other: `**` must not be escaped by one. */
const options = { dot: true, flags: 's' } as const;

/** Makes the rules of a configuration ready. `home` is what `~/` means. */
export function compileRules(rules: readonly PolicyRule[], home: string): readonly Rule[] {
  return rules.map((rule, index) => compileRule(rule, { number: index + 1, home }));
}

function compileRule(
  rule: PolicyRule,
  { number, home }: { readonly number: number; readonly home: string },
): Rule {
  const { decision } = rule;
  const isAgent = nameMatcher(rule.agent);
  const isRepo = nameMatcher(rule.repo);
  const isTool = nameMatcher(rule.tool);
  const isPath = rule.path === undefined ? null : pathMatcher(rule.path, home);

  const isAboutRun: Rule['isAboutRun'] = ({ agent, project, repoId }) =>
    (isAgent === null || isAgent(agent)) &&
    (isRepo === null || [project, repoId].some((name) => name !== null && isRepo(name)));

  const isAboutPaths = (run: JudgedRun, { paths }: ApprovalRequest): boolean => {
    if (isPath === null) return true;
    // What is not known is neither allowed, nor let through where something is forbidden.
    if (paths === null) return decision !== 'allow';
    const folder = run.worktree ?? '/';
    const fits = (said: string) => {
      const path = readSaidPath(said, { folder, home });
      return path !== null && isPath(path);
    };
    return decision === 'allow' ? paths.length > 0 && paths.every(fits) : paths.some(fits);
  };

  return {
    number,
    decision,
    reason: rule.reason ?? inWords(rule),
    isAboutRun,
    matches: (run, request) =>
      isAboutRun(run) &&
      (isTool === null || (request.tool !== null && isTool(request.tool))) &&
      isAboutPaths(run, request),
  };
}

/** A `*` in a name stands for anything: names have no folders. */
function nameMatcher(glob: string | undefined): Matcher | null {
  return glob === undefined ? null : picomatch(glob, { ...options, bash: true });
}

/** A relative glob sees what is in the run's folder, an absolute one everything. */
function pathMatcher(glob: string, home: string): (path: SaidPath) => boolean {
  const whole = glob.endsWith('/') ? `${glob}**` : glob; // a folder is meant with what is in it
  const expanded = whole.startsWith('~/') ? posix.join(home, whole.slice(1)) : whole;
  const matches = picomatch(expanded, options);
  if (expanded.startsWith('/')) return ({ absolute }) => matches(absolute);
  const isFolderItself = ['.', './**', '**'].includes(expanded);
  return ({ inside }) => (inside === '' ? isFolderItself : inside !== null && matches(inside));
}

function inWords({ decision, reason: _, ...keys }: PolicyRule): string {
  const which = Object.entries(keys).map(([key, glob]) => `${key} ${glob}`);
  return `${decision} ${which.join(', ') || 'everything'}`;
}
