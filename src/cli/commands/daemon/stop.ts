import { Command, Option } from 'clipanion';
import { stopDaemon } from '../../../client/index.ts';
import { parseSpan } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { keptDaemon, openManager } from '../../kept-daemon.ts';

/** `drover stop`: SIGTERM, then wait. */
export class DaemonStopCommand extends DroverCommand {
  static override paths = [['daemon', 'stop'], ['d', 'stop'], ['stop']];
  static override usage = Command.Usage({
    category: 'Daemon',
    description: 'stop the daemon; runs are left alone',
    details:
      'Sends SIGTERM and waits until the daemon has ended. The agents go on and are taken up at the next start. Where a service is installed, the service manager stops it, and its socket with it.',
    examples: [['Stop the daemon', '$0 stop']],
  });

  timeout = Option.String('--timeout', '30s', { description: 'How long to wait for the end' });

  async execute(): Promise<number> {
    const deadlineMs = parseSpan(this.timeout);
    const stopped = await this.stopKept();
    const pid = stopped?.pid ?? (await this.stopOther(deadlineMs));
    if (this.json) this.printJson({ status: 'stopped', pid });
    else this.print(`daemon stopped: pid ${pid}\n`);
    if (stopped !== null)
      this.say(`hint: ${stopped.unit} starts again with your next session, or now with: drover daemon start`);
    return exitCodes.ok;
  }

  /** Stops the unit, and its socket with it; null where no unit runs. A run asks the daemon, which may refuse it. */
  private async stopKept(): Promise<{ readonly pid: number; readonly unit: string } | null> {
    const isInRun = Boolean(this.context.env.DROVER_RUN_TOKEN);
    const kept = isInRun ? null : keptDaemon(this.target(), this.context);
    const manager = kept === null ? null : await openManager(kept, (text) => this.say(text));
    const facts = kept === null ? null : await manager?.inspect(kept.profile);
    if (kept === null || !manager || !facts) return null;
    const isUp = ['active', 'activating', 'deactivating'].includes(facts.state);
    if (isUp || kept.isAsleep) await manager.stop(kept.profile);
    return facts.pid === null ? null : { pid: facts.pid, unit: kept.unit };
  }

  private stopOther(deadlineMs: number): Promise<number> {
    return stopDaemon(this.connect(), {
      isRemote: this.daemon !== undefined,
      deadlineMs,
      clock: this.context.clock,
    });
  }
}
