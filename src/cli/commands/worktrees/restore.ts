import { Command, Option } from 'clipanion';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { escapeLine } from '../../print/escape.ts';
import { count } from '../../print/span.ts';
import { worktreesDeadlineMs } from './list.ts';

/** `drover worktrees restore RUN`. */
export class WorktreesRestoreCommand extends DroverCommand {
  static override paths = [['worktrees', 'restore']];
  static override usage = Command.Usage({
    category: 'Worktrees',
    description: 'make the removed worktree of a run again',
    details:
      'At its branch, with what was not committed when it was removed as uncommitted files, staged where it was staged. Where the branch has moved since, HEAD is detached at the commit that it stood at.',
    examples: [['Make it again', '$0 worktrees restore run_01JD']],
  });

  run = Option.String({ name: 'RUN', required: true });

  async execute(): Promise<number> {
    const made = await this.connect().call('worktreesRestore', {
      params: { run: this.run },
      deadlineMs: worktreesDeadlineMs,
    });
    if (this.json) this.printJson(made);
    else {
      const where = made.branch === null ? 'HEAD detached' : `on branch ${escapeLine(made.branch)}`;
      const files = count(made.uncommitted_files ?? 0, 'uncommitted file');
      this.print(`restored ${escapeLine(made.path)}: ${where}, ${files}\n`);
    }
    return exitCodes.ok;
  }
}
