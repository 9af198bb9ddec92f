import type { Repo } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import { formatTable } from './table.ts';

/** Registered repositories as a table. */
export function formatRepos(repos: readonly Repo[]): string {
  if (repos.length === 0) return 'no repositories: add one with drover daemon add PATH\n';
  return formatTable(
    [
      { heading: 'NAME' },
      { heading: 'ID' },
      { heading: 'RUNS', alignRight: true },
      { heading: 'TRUSTED' },
      { heading: 'PATH' },
    ],
    repos.map((repo) => [
      escapeLine(repo.project),
      repo.id,
      String(repo.active_runs),
      repo.trusted ? 'yes' : 'no',
      escapeLine(repo.path) + (repo.missing ? ' (missing)' : ''),
    ]),
  );
}

/** What the repository's own configuration asks for, one line for each kind. */
export function formatOwnConfig({ path, own_config: own }: Repo): string {
  if (own === null) return '  it has no configuration of its own\n';
  if (own.problem !== null)
    return `  its configuration is not used:\n${own.problem
      .split('\n')
      .map((line) => `    ${escapeLine(line)}\n`)
      .join('')}`;
  const unused = own.unused.map((line) => `  ${escapeLine(line)}\n`).join('');
  const lines = [
    ...own.copy.map((pattern) => `copied into new worktrees: ${pattern}`),
    ...own.setup.map((command) => `run before the first agent in a worktree: ${command}`),
    ...own.verify.map((command) => `run before a plan is reviewed or verified: ${command}`),
    ...Object.entries(own.roles).map(([role, agent]) => `agent of its plans as ${role}: ${agent}`),
    ...Object.entries(own.settings).map(([key, value]) => `set for its plans: ${key} = ${value}`),
    ...own.prompts.map(
      (role) => `told to an agent instead of drover’s own prompt: .drover/prompts/${role}.md`,
    ),
  ];
  if (lines.length === 0) return `  ${escapeLine(path)}/.drover/config.toml asks for nothing\n${unused}`;
  return lines.map((line) => `  ${escapeLine(line)}\n`).join('') + unused;
}
