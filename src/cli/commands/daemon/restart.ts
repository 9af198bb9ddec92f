import { Command } from 'clipanion';
import { stopDaemon } from '../../../client/index.ts';
import { isAppError } from '../../../contract/index.ts';
import type { ServiceManager } from '../../../service/index.ts';
import { usageError } from '../../errors.ts';
import { type KeptDaemon, keptDaemon, openManager, throwExplained } from '../../kept-daemon.ts';
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
    const isInRun = Boolean(this.context.env.DROVER_RUN_TOKEN); // then the daemon decides, at the stop
    const kept = isInRun ? null : keptDaemon(this.target(), this.context);
    const manager = kept === null ? null : await openManager(kept, (text) => this.say(text));
    if (kept !== null && manager !== null) return this.restartKept(kept, manager);
    await this.stopOther();
    return super.execute();
  }

  /** A configuration that the daemon would refuse leaves the running one alone. */
  private async restartKept(kept: KeptDaemon, manager: ServiceManager): Promise<number> {
    this.assertNoOptions(kept);
    if (kept.options !== null) await this.context.checkDaemon(kept.options);
    const facts = await manager.inspect(kept.profile);
    if (facts?.state !== 'active') {
      if (!kept.isAsleep) await this.stopOther();
      return this.startKept(kept, manager);
    }
    try {
      await manager.restart(kept.profile);
    } catch (error) {
      return await throwExplained(error, kept, this.context);
    }
    return this.printStarted({ isNew: true, status: await this.untilReady(kept, manager) });
  }

  private async stopOther(): Promise<void> {
    try {
      await stopDaemon(this.connect(), {
        isRemote: false,
        deadlineMs: restartStopMs,
        clock: this.context.clock,
      });
    } catch (error) {
      if (!isAppError(error, 'daemon_not_running')) throw error;
    }
  }
}
