import { Command, Option } from 'clipanion';
import { AppError } from '../../../contract/index.ts';
import { parseSpan } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodeOf } from '../../errors.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatOutcome } from '../../print/run.ts';
import { waitForRun } from '../../wait-for-run.ts';

/** `drover runs wait ID`. */
export class RunsWaitCommand extends DroverCommand {
  static override paths = [['runs', 'wait']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'wait until a run has ended',
    details:
      'Exits 0 when the run succeeded, 1 when it failed, was canceled or interrupted, 7 when the time ran out, and 8 when it waits for a person and nobody sits at the terminal.',
    examples: [['Wait at most ten minutes', '$0 runs wait run_01JD --timeout 10m']],
  });

  run = Option.String({ name: 'ID', required: true });
  timeout = Option.String('--timeout', '0', { description: 'Give up after this long; 0 = never' });
  waitApproval = Option.Boolean('--wait-approval', false, {
    description: 'Go on waiting while the run waits for a person, also without a terminal',
  });

  async execute(): Promise<number> {
    const { run, isWaiting, hasTimedOut } = await waitForRun({
      client: this.connect(),
      clock: this.context.clock,
      run: this.run,
      timeoutMs: parseSpan(this.timeout),
      leaveAtWait: !this.context.isInteractive && !this.waitApproval,
    });
    if (hasTimedOut) {
      throw new AppError('timeout', `${run.id} is still ${run.status} after ${this.timeout}`, {
        hint: `wait again, or stop it with: drover runs cancel ${run.id}`,
      });
    }
    if (this.json) this.printJson(run);
    if (isWaiting) {
      this.say(`${run.id} waits for a person: drover approvals`);
      return exitCodes.waitsForPerson;
    }
    if (!this.json) this.print(formatOutcome(run, this.outStyle));
    return exitCodeOf(run.status);
  }
}
