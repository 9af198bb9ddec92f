import { Command, Option } from 'clipanion';
import { repoReference } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatWorktrees } from '../../print/worktree.ts';

/** How long git may take to look at all worktrees. */
export const worktreesDeadlineMs = 300_000;

/** `drover worktrees list`. */
export class WorktreesListCommand extends DroverCommand {
  static override paths = [['worktrees', 'list'], ['worktrees']];
  static override usage = Command.Usage({
    category: 'Worktrees',
    description: 'list the worktrees of runs, oldest run first',
    details:
      'Also those that are removed and had uncommitted work, which is saved: their state is `saved`. MERGED says whether the commits are in the checkout of the repository.',
    examples: [
      ['List all worktrees', '$0 worktrees list'],
      ['List those of one repository', '$0 worktrees list --repo shop'],
    ],
  });

  repo = Option.String('--repo', { description: 'Only those of this repository' });

  async execute(): Promise<number> {
    const page = await this.connect().call('worktreesList', {
      query: { repo: this.repo === undefined ? undefined : repoReference(this.repo, this.context) },
      deadlineMs: worktreesDeadlineMs,
    });
    if (this.json) this.printJson(page);
    else this.print(formatWorktrees(page.items, this.outStyle));
    return exitCodes.ok;
  }
}
