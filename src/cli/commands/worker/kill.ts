import { Command, Option } from 'clipanion';
import type { Client } from '../../../client/index.ts';
import { AppError } from '../../../contract/index.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { escapeLine } from '../../print/escape.ts';
import { count } from '../../print/span.ts';
import { waitForRun } from '../../wait-for-run.ts';
import { findWorker } from '../../worker-ref.ts';

/** The daemon itself gives up on a tree after a fraction of this. */
const endTimeoutMs = 60_000;

/** `drover kill NAME|RUN|PID`: cancels the run of a worker. */
export class KillCommand extends DroverCommand {
  static override paths = [['kill']];
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'cancel the run of a worker, wait until its processes are gone',
    details:
      'A worker is named by its name, the id of its run or a prefix of that, or the pid of its agent. The whole tree is ended: TERM first, KILL after a grace. A remote worker is only forgotten.',
    examples: [
      ['End one by its name', '$0 kill nightly'],
      ['End the process that a process viewer shows', '$0 kill 12345'],
    ],
  });

  worker = Option.String({ name: 'NAME|RUN|PID', required: true });

  async execute(): Promise<number> {
    const client = this.connect();
    const found = await findWorker(client, this.worker);
    const result = await client.call('workersRemove', { params: { worker: this.worker } });
    if (result.status === 'canceling' && result.run_id !== null) await this.waitFor(client, result.run_id);
    if (this.json) this.printJson({ ...result, status: result.run_id === null ? 'forgotten' : 'canceled' });
    else if (found.worker === null) this.print(`${result.run_id} canceled: it had no process yet\n`);
    else if (result.run_id === null)
      this.print(`forgot ${escapeLine(this.worker)}; it is back with its next heartbeat\n`);
    else {
      const { name, agent, pid, processes } = found.worker;
      const who = [name, agent, pid === null ? null : `pid ${pid}`].filter((part) => part !== null);
      const what = processes === null ? '' : `: ${count(processes, 'process', 'processes')} ended`;
      this.print(`${result.run_id} canceled (${escapeLine(who.join(', '))})${what}\n`);
    }
    return exitCodes.ok;
  }

  private async waitFor(client: Client, run: string): Promise<void> {
    this.say(`${run} is being cancelled: its processes take long to end`);
    const { clock } = this.context;
    const end = await waitForRun({ client, clock, run, timeoutMs: endTimeoutMs, leaveAtWait: false });
    if (!end.hasTimedOut) return;
    throw new AppError('timeout', `${run} still has processes after ${endTimeoutMs / 1000} s`, {
      hint: 'look at them with: drover ps; the daemon goes on ending them',
    });
  }
}
