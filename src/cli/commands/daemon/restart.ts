import { Command } from 'clipanion';
import { profileOf } from '../../../base/index.ts';
import { localPaths, stopDaemon } from '../../../client/index.ts';
import { isAppError, type Status } from '../../../contract/index.ts';
import type { ServiceManager } from '../../../service/index.ts';
import { usageError } from '../../errors.ts';
import { type KeptDaemon, keptDaemon, openManager, throwExplained } from '../../kept-daemon.ts';
import { assertWanted } from '../../wanted-daemon.ts';
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
    this.assertStartable();
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
      const client = this.connect();
      this.keepPlaces(await client.call('status'));
      await stopDaemon(client, {
        isRemote: false,
        deadlineMs: restartStopMs,
        clock: this.context.clock,
      });
    } catch (error) {
      if (!isAppError(error, 'daemon_not_running')) throw error;
    }
  }

  /**
   * The daemon that starts is the one that is stopped, also where the command line only named its socket. Throws before
   * anything is stopped when a profile or state root was named that is not that daemon's.
   */
  private keepPlaces(running: Status): void {
    const target = this.startTarget();
    const { socketFrom } = localPaths(target);
    if (!this.profile && !this.context.env.DROVER_PROFILE && running.profile !== profileOf(target)) {
      this.profile = running.profile;
    }
    if (socketFrom !== 'computed') this.socket ??= running.socket;
    const paths = localPaths(this.startTarget());
    assertWanted(running, paths);
    if (running.state_root !== paths.stateRoot) this.stateRoot ??= running.state_root;
    if (running.config !== null && running.config !== paths.config) this.config ??= running.config;
  }
}
