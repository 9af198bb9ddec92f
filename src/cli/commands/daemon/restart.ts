import { Command } from 'clipanion';
import { stopDaemon } from '../../../client/index.ts';
import { isAppError } from '../../../contract/index.ts';
import { usageError } from '../../errors.ts';
import { DaemonStartCommand } from './start.ts';

/** How long the old daemon may take to end. */
export const restartStopMs = 30_000;

/** `drover daemon restart`: stop, then start with these options. */
export class DaemonRestartCommand extends DaemonStartCommand {
  static override paths = [
    ['daemon', 'restart'],
    ['d', 'restart'],
  ];
  static override usage = Command.Usage({
    category: 'Daemon',
    description: 'stop the daemon, if there is one, and start it again; runs are left alone',
    examples: [['Restart with what the configuration says now', '$0 daemon restart']],
  });

  override async execute(): Promise<number> {
    if (this.foreground)
      throw usageError('restart cannot stay in the foreground', 'use: drover daemon start --foreground');
    try {
      await stopDaemon(this.connect(), {
        isRemote: false,
        deadlineMs: restartStopMs,
        clock: this.context.clock,
      });
    } catch (error) {
      if (!isAppError(error, 'daemon_not_running')) throw error;
    }
    return super.execute();
  }
}
