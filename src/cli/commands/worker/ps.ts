import { Command } from 'clipanion';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatWorkers } from '../../print/worker.ts';

/** `drover ps`. */
export class PsCommand extends DroverCommand {
  static override paths = [['ps']];
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'list the processes of live runs, with CPU and memory, and remote workers',
    details:
      'CPU is that of the whole tree of a run since the last look at it; 100 % is one core. Memory is what of the tree is in RAM. A run in the queue has no process: `drover runs list` shows it.',
    examples: [
      ['See what is at work', '$0 ps'],
      ['Add up memory in a script', '$0 ps --json | jq "[.items[].memory_bytes // 0] | add"'],
    ],
  });

  async execute(): Promise<number> {
    const page = await this.connect().call('workersList');
    if (this.json) this.printJson(page);
    else this.print(formatWorkers(page.items, this.outStyle));
    return exitCodes.ok;
  }
}
