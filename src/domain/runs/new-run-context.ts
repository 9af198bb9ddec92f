import type { Agent } from '../agents/index.ts';

/** What a new run is made of, besides the request. */
export type NewRunContext = {
  /** The agent of this name; the default one for undefined. Throws `agent_unknown` or `no_agent`. */
  readonly chooseAgent: (name: string | undefined) => Promise<Agent>;
  /**
   * The repository of this id, name or path, and the commit that a worktree of it starts from: null in place. Throws
   * `repo_not_found`, `base_not_found` or `repo_unusable`.
   */
  readonly chooseRepo: (
    ref: string,
    where: { readonly base: string | undefined; readonly inPlace: boolean },
  ) => Promise<{ readonly id: string; readonly project: string; readonly base: string | null }>;
  readonly defaultTimeout: string;
  readonly now: number;
};
