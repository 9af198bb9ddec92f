import { Command, Option } from 'clipanion';
import type { ApplyResult } from '../../../contract/index.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { escapeLine } from '../../print/escape.ts';
import { count } from '../../print/span.ts';

/** How long git may take to merge and to write the files. */
const applyDeadlineMs = 900_000;

/** `drover runs apply ID`. */
export class RunsApplyCommand extends DroverCommand {
  static override paths = [['runs', 'apply']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'bring what a run made into the checkout of its repository',
    details:
      'The commits of the run become commits of the branch that is checked out; what it did not commit becomes one more, by you. Where the branch has moved on, the last one is a merge. With --squash all of it is staged, and nothing is committed. Refused, with nothing changed, when it conflicts with the branch or when changes of your own are in the way; changes elsewhere stay as they are. Works also when the worktree is gone.',
    examples: [
      ['Take over what a run made', '$0 runs apply run_01JD'],
      ['Look at it first, and commit it yourself', '$0 runs apply run_01JD --squash && git diff --staged'],
    ],
  });

  run = Option.String({ name: 'ID', required: true });
  squash = Option.Boolean('--squash', false, { description: 'Stage all of it, and commit nothing' });

  async execute(): Promise<number> {
    const result = await this.connect().call('runsApply', {
      params: { run: this.run },
      body: { squash: this.squash },
      deadlineMs: applyDeadlineMs,
    });
    if (this.json) this.printJson(result);
    else this.print(`${outcome(result)}\n`);
    for (const folder of result.left_out) {
      this.say(`not included: ${escapeLine(folder)} is a repository of its own, in the worktree of the run`);
    }
    return exitCodes.ok;
  }
}

function outcome({ status, branch, commit, files, squash }: ApplyResult): string {
  const there = branch === null ? 'the checkout' : escapeLine(branch);
  if (status === 'nothing') return `nothing to apply: ${there} has all of it`;
  if (squash) return `${count(files, 'file')} staged on ${there}; nothing is committed yet`;
  return `${count(files, 'file')} changed: ${there} is at ${escapeLine(commit?.slice(0, 12) ?? '')}`;
}
