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
