/**
 * completion: scripts for three shells from the catalogue of commands. It promises that they know every command and
 * option there is, and must not ask a daemon.
 */
import type { Catalogue } from '../catalogue-types.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { treeOf } from './tree.ts';
import { zshScript } from './zsh.ts';

/** The shells that a script exists for. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** The completion script of a shell. */
export function completionScript(shell: (typeof shells)[number], catalogue: Catalogue): string {
  const nodes = treeOf(catalogue);
  switch (shell) {
    case 'bash':
      return bashScript(nodes);
    case 'zsh':
      return zshScript(nodes);
    case 'fish':
      return fishScript(nodes);
  }
}
