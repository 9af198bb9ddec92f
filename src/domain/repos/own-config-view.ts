import type { Repo } from '../../contract/index.ts';
import type { OwnSettings } from './own-config.ts';

/** What a repository's own settings ask for, as a person is told before they trust them. */
export function viewSettings(settings: OwnSettings, unused: readonly string[]): Repo['own_config'] {
  const lists = { copy: [], setup: [], verify: [], prompts: [], unused: [...unused] };
  const nothing = { ...lists, roles: {}, settings: {}, problem: null };
  if (settings.kind === 'none') return unused.length === 0 ? null : nothing;
  if (settings.kind === 'broken') return { ...nothing, problem: settings.problem };
  const { worktree, verify, roles, ...keys } = settings.config;
  return {
    ...nothing,
    copy: worktree.copy,
    setup: worktree.setup,
    verify: verify.commands,
    roles: withoutGaps(roles),
    settings: withoutGaps(keys),
    prompts: [...settings.prompts.keys()],
  };
}

function withoutGaps<T>(keys: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(keys).filter((entry): entry is [string, T] => entry[1] !== undefined),
  );
}
