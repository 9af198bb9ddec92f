import { randomUUID } from 'node:crypto';
import { Command, Option } from 'clipanion';
import { RunningCommand } from './running.ts';

/** `drover runs retry ID`: try an ended run again. */
export class RunsRetryCommand extends RunningCommand {
  static override paths = [['runs', 'retry']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'try an ended run again, where it can in its session',
    details:
      'Makes a new run of the same agent with the same options. Where the old one has told its session, and did not succeed, the agent goes on in that, in the same worktree. Otherwise, and with `--fresh`, it is given the original prompt anew, in a new worktree from the same commit. Exit codes and Ctrl-C are those of `drover run`.',
    examples: [
      ['Go on after a reboot', '$0 runs retry run_01JD'],
      ['Begin anew, in the background', '$0 runs retry run_01JD --fresh --bg'],
    ],
  });

  run = Option.String({ name: 'ID', required: true });
  fresh = Option.Boolean('--fresh', false, {
    description: 'Begin anew, also where the session could go on',
  });
  prompt = Option.String('--prompt', { description: 'Ask this instead' });

  async execute(): Promise<number> {
    const client = this.connect();
    const run = await client.call('runsRetry', {
      params: { run: this.run },
      body: {
        ...(this.fresh ? { fresh: true } : {}),
        ...(this.prompt === undefined ? {} : { prompt: this.prompt }),
      },
      idempotencyKey: randomUUID(),
    });
    return this.followFrom(client, run);
  }
}
