import { Option } from 'clipanion';
import type { Client } from '../../../client/index.ts';
import type { Run } from '../../../contract/index.ts';
import { attachTerminal } from '../../attach-terminal.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodeOf } from '../../errors.ts';
import { exitCodes } from '../../exit-code.ts';
import { follow } from '../../follow.ts';
import { escapeLine } from '../../print/escape.ts';
import { formatOutcome } from '../../print/run.ts';
import { tellPlace } from '../../tell-place.ts';

/** The options of the commands that bring a run about, and what they do once there is one. */
export abstract class RunningCommand extends DroverCommand {
  bg = Option.Boolean('--bg', false, { description: 'Print the id and return' });
  waitApproval = Option.Boolean('--wait-approval', false, {
    description: 'Stay while the run waits for a person, also without a terminal',
  });

  /** Follows a run that was just queued, or prints its id where that was asked for. Returns the exit code. */
  protected async followFrom(client: Client, run: Run): Promise<number> {
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
    const { context } = this;
    const inTerminal = this.json ? null : await attachTerminal({ context, client, run });
    const end =
      inTerminal ??
      (await follow({
        context,
        client,
        runId: run.id,
        leaveAtWait: !context.isInteractive && !this.waitApproval,
        mayCancel: true,
        format: this.json ? 'silent' : 'human',
      }));
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
