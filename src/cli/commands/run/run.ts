import { Command, Option } from 'clipanion';
import { exitCodeOf } from '../../errors.ts';
import { exitCodes } from '../../exit-code.ts';
import { follow } from '../../follow.ts';
import { escapeLine } from '../../print/escape.ts';
import { formatOutcome } from '../../print/run.ts';
import { tellPlace } from '../../tell-place.ts';
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

  bg = Option.Boolean('--bg', false, { description: 'Print the id and return' });
  waitApproval = Option.Boolean('--wait-approval', false, {
    description: 'Stay while the run waits for a person, also without a terminal',
  });

  async execute(): Promise<number> {
    const client = this.connect();
    const run = await this.startRun(client);
    if (this.bg) {
      if (this.json) this.printJson(run);
      else this.print(`${run.id}\n`);
      if (!this.json && run.repo !== null) await tellPlace(this.context, client, run.id);
      if (!this.json && this.context.isErrTerminal) this.say(`follow it: drover attach ${run.id}`);
      return exitCodes.ok;
    }
    this.say(
      `${run.id}${run.name === null ? '' : ` (${escapeLine(run.name)})`} with ${escapeLine(run.agent)}`,
    );
    const end = await follow({
      context: this.context,
      client,
      runId: run.id,
      leaveAtWait: !this.context.isInteractive && !this.waitApproval,
      mayCancel: true,
      format: this.json ? 'silent' : 'human',
    });
    if (this.json)
      this.printJson('run' in end ? end.run : await client.call('runsShow', { params: { run: run.id } }));
    switch (end.kind) {
      case 'waiting':
        this.say(`${run.id} waits for a person: drover approvals`);
        return exitCodes.waitsForPerson;
      case 'detached':
        return exitCodes.ok;
      case 'ended':
      case 'cancelled':
        this.context.stderr.write(formatOutcome(end.run, this.errStyle));
        return exitCodeOf(end.run.status);
    }
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
