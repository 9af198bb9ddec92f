import { Command } from 'clipanion';
import { isAppError } from '../../../contract/index.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatStatus } from '../../print/status.ts';

/** `drover status`: what the daemon is doing. Never starts one. */
export class DaemonStatusCommand extends DroverCommand {
  static override paths = [['daemon', 'status'], ['d', 'status'], ['status']];
  static override usage = Command.Usage({
    category: 'Daemon',
    description: 'show what the daemon is doing: runs, repositories, warnings',
    details: 'Prints `daemon not running` and exits 3 when no daemon answers; it never starts one.',
    examples: [
      ['Show the daemon’s status', '$0 status'],
      ['Read one figure in a script', '$0 status --json | jq .runs.running'],
    ],
  });

  async execute(): Promise<number> {
    try {
      const status = await this.connect().call('status');
      if (this.json) this.printJson(status);
      else this.print(formatStatus(status, this.outStyle));
      return exitCodes.ok;
    } catch (error) {
      if (!isAppError(error, 'daemon_not_running')) throw error;
      if (this.json) this.printJson({ running: false });
      else this.print('daemon not running\n');
      this.say(`hint: ${error.hint ?? 'start it with: drover daemon start'}`);
      return exitCodes.notRunning;
    }
  }
}
