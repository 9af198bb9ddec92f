import { Command, Option } from 'clipanion';
import { repoReference } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatPruned } from '../../print/worktree.ts';
import { worktreesDeadlineMs } from './list.ts';

/** `drover worktrees prune`. */
export class WorktreesPruneCommand extends DroverCommand {
  static override paths = [['worktrees', 'prune']];
  static override usage = Command.Usage({
    category: 'Worktrees',
    description: 'remove the worktrees that hold nothing the checkout or their plan lacks',
    details:
      'A worktree goes when its run has ended and either changed nothing, or all that it made is in the checkout of the repository or on the branch of its plan. Everything else stays, with the reason. Branches are never removed; ignored files go with the folder.',
    examples: [
      ['See what would go, what would stay, and why', '$0 worktrees prune --dry-run'],
      ['Do it', '$0 worktrees prune'],
    ],
  });

  dryRun = Option.Boolean('--dry-run', false, { description: 'Say what would be done, and do nothing' });
  repo = Option.String('--repo', { description: 'Only those of this repository' });

  async execute(): Promise<number> {
    const result = await this.connect().call('worktreesPrune', {
      body: {
        dry_run: this.dryRun,
        ...(this.repo === undefined ? {} : { repo: repoReference(this.repo, this.context) }),
      },
      deadlineMs: worktreesDeadlineMs,
    });
    if (this.json) this.printJson(result);
    else this.print(formatPruned(result, this.outStyle));
    return exitCodes.ok;
  }
}

/** `drover worktrees remove RUN…`. */
export class WorktreesRemoveCommand extends DroverCommand {
  static override paths = [['worktrees', 'remove']];
  static override usage = Command.Usage({
    category: 'Worktrees',
    description: 'remove the worktrees of these runs; work is saved first',
    details:
      'What is not committed is saved as refs/drover/saved/RUN, and the branch stays: `worktrees restore` makes it again. Ignored files go. The worktree of a live run, or one with a repository inside, is not removed: then the command ends with 6.',
    examples: [['Remove the worktree of one run', '$0 worktrees remove run_01JD']],
  });

  runs = Option.Rest({ name: 'RUN', required: 1 });
  dryRun = Option.Boolean('--dry-run', false, { description: 'Say what would be done, and do nothing' });

  async execute(): Promise<number> {
    const result = await this.connect().call('worktreesPrune', {
      body: { runs: this.runs, dry_run: this.dryRun },
      deadlineMs: worktreesDeadlineMs,
    });
    if (this.json) this.printJson(result);
    else this.print(formatPruned(result, this.outStyle));
    return result.items.every(({ removed }) => removed) ? exitCodes.ok : exitCodes.conflict;
  }
}
