import { Command, Option } from 'clipanion';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { escapeLine } from '../../print/escape.ts';

/** `drover runs cancel ID`. */
export class RunsCancelCommand extends DroverCommand {
  static override paths = [['runs', 'cancel']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'cancel a run and end its whole process tree',
    examples: [['Cancel a run', '$0 runs cancel run_01JD']],
  });

  run = Option.String({ name: 'ID', required: true });

  async execute(): Promise<number> {
    const result = await this.connect().call('runsCancel', { params: { run: this.run } });
    if (this.json) this.printJson(result);
    else if (result.status === 'canceled') this.print(`${escapeLine(this.run)} canceled\n`);
    else this.print(`${escapeLine(this.run)} is being cancelled: its processes take long to end\n`);
    return exitCodes.ok;
  }
}
