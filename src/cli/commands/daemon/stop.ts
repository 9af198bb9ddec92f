import { Command, Option } from 'clipanion';
import { stopDaemon } from '../../../client/index.ts';
import { parseSpan } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';

/** `drover stop`: SIGTERM, then wait. */
export class DaemonStopCommand extends DroverCommand {
  static override paths = [['daemon', 'stop'], ['d', 'stop'], ['stop']];
  static override usage = Command.Usage({
    category: 'Daemon',
    description: 'stop the daemon; runs are left alone',
    details:
      'Sends SIGTERM and waits until the daemon has ended. The agents go on and are taken up at the next start.',
    examples: [['Stop the daemon', '$0 stop']],
  });

  timeout = Option.String('--timeout', '30s', { description: 'How long to wait for the end' });

  async execute(): Promise<number> {
    const pid = await stopDaemon(this.connect(), {
      isRemote: this.daemon !== undefined,
      deadlineMs: parseSpan(this.timeout),
      clock: this.context.clock,
    });
    if (this.json) this.printJson({ status: 'stopped', pid });
    else this.print(`daemon stopped: pid ${pid}\n`);
    return exitCodes.ok;
  }
}
