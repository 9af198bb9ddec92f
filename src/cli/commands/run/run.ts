import { Command } from 'clipanion';
import { StartingCommand } from './options.ts';

/** `drover run PROMPT`: start a run and follow it. */
export class RunCommand extends StartingCommand {
  static override paths = [['run']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'start an agent on a prompt and follow it',
    details:
      'Works in a worktree of its own unless `--in-place` is given. Exits 0 when the run succeeded, 1 when it did not, and 8 when it waits for a person and nobody sits at the terminal. Ctrl-C detaches, a second one cancels; the run goes on without this command.',
    examples: [
      ['Start a run and follow it', '$0 run "fix the flaky test"'],
      ['Start it, print its id and return', '$0 run --bg "update the dependencies"'],
      ['Run any command as a run', '$0 run --agent command -- npm test'],
      [
        'Choose agent, repository and limits',
        '$0 run --repo shop --agent claude --max-turns 20 --timeout 1h "…"',
      ],
    ],
  });

  async execute(): Promise<number> {
    const client = this.connect();
    return this.followFrom(client, await this.startRun(client));
  }
}

/** `drover runs start PROMPT`: the same as `run --bg`. */
export class RunsStartCommand extends RunCommand {
  static override paths = [['runs', 'start']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'start a run and return: `drover run --bg`',
    examples: [['Start a run and keep its id', 'id=$($0 runs start "fix the flaky test")']],
  });

  override execute(): Promise<number> {
    this.bg = true;
    return super.execute();
  }
}
