import type { Page, Worktree } from '../../../contract/index.ts';
import { findPlaces, lookAtAll, type Seen, type WorktreesDeps } from './find.ts';

/** What `GET /v1/worktrees` answers. */
export async function listWorktrees(
  deps: WorktreesDeps,
  { repo }: { readonly repo: string | undefined },
): Promise<Page<Worktree>> {
  const seen = await lookAtAll(deps, await findPlaces(deps, repo));
  return { items: seen.map(viewWorktree), next_cursor: null };
}

/** A worktree as the contract shows it. */
export function viewWorktree(seen: Seen): Worktree {
  const { look, run, repo } = seen;
  const isWhole = look?.kind === 'whole';
  return {
    run_id: seen.runId,
    state: stateOf(seen),
    repo: repo === null ? null : { id: repo.id, project: repo.project },
    path: seen.path === '' ? (run?.worktree ?? '') : seen.path,
    branch: isWhole ? look.branch : (run?.branch ?? null),
    uncommitted_files: isWhole ? look.uncommittedFiles : null,
    merged: isWhole ? look.isMerged : null,
    saved: seen.saved,
    problem: seen.problem ?? problemOf(look),
  };
}

function stateOf({ live, look, run }: Seen): Worktree['state'] {
  if (live !== null) return 'live';
  if (look?.kind === 'removing') return 'removing';
  if (look?.kind === 'gone') return 'saved';
  return run === null ? 'orphaned' : 'ended';
}

function problemOf(look: Seen['look']): string | null {
  if (look?.kind === 'unknown')
    return 'git does not know the folder any more: `git worktree repair` may mend it';
  if (look?.kind === 'half') return 'Its making was cut short: nobody has worked in it';
  return null;
}
