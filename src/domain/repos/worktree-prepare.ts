import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { RepoConfig } from '../../contract/index.ts';
import type { Git } from '../../foundation/git/index.ts';
import type { Checkout } from './checkout.ts';
import { type OwnSettings, ownConfigPath } from './own-config.ts';
import { copyIgnored } from './worktree-copy.ts';

/** What a run in a work tree begins with, as the repository's own settings want it. */
export type Preparation = {
  /** What a person should know, one sentence each without a full stop. */
  readonly notices: readonly string[];
  /** Commands to run before the agent, unless `marker` is there, which they leave behind. */
  readonly setUp: { readonly commands: readonly string[]; readonly marker: string } | null;
};

const maxNamed = 5;

/**
 * Copies files into a new work tree and says which commands are to be run, as far as a person trusts the repository's own
 * settings. What is not done is said.
 */
export async function prepareWorktree(
  git: Git,
  {
    main,
    checkout,
    settings,
    isNew,
  }: {
    readonly main: Checkout;
    readonly checkout: Checkout;
    readonly settings: OwnSettings;
    readonly isNew: boolean;
  },
): Promise<Preparation> {
  switch (settings.kind) {
    case 'none':
      return { notices: [], setUp: null };
    case 'broken':
      return {
        notices: [`The repository’s own configuration was not used: ${settings.problem}`],
        setUp: null,
      };
    case 'read': {
      const { copy, setup } = settings.config.worktree;
      if (!settings.isTrusted)
        return { notices: untrusted(settings.config, main.workTree, isNew), setUp: null };
      const notices = isNew ? await copyIgnored(git, { main, checkout }, copy) : [];
      return {
        notices,
        setUp: setup.length === 0 ? null : { commands: setup, marker: markerOf(checkout, setup) },
      };
    }
  }
}

/** In the git folder of the work tree alone; other commands are not done yet, so they have another one. */
function markerOf({ gitDir }: Checkout, setup: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(setup)).digest('hex').slice(0, 16);
  return join(gitDir, `drover-set-up-${hash}`);
}

function untrusted({ worktree }: RepoConfig, path: string, isNew: boolean): readonly string[] {
  const not = [
    ...(isNew && worktree.copy.length > 0 ? [`${named(worktree.copy)} not copied`] : []),
    ...(worktree.setup.length > 0 ? [`${named(worktree.setup)} not run`] : []),
  ];
  if (not.length === 0) return [];
  const why = `${ownConfigPath} of the repository is not trusted as it stands`;
  return [`${why}, so ${not.join(' and ')}; to trust it: drover daemon trust ${path}`];
}

function named(texts: readonly string[]): string {
  const more = texts.length - maxNamed;
  const shown = texts.slice(0, maxNamed).map((text) => `'${text}'`);
  const isOne = texts.length === 1;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''} ${isOne ? 'was' : 'were'}`;
}
