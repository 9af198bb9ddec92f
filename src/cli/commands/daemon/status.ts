import { Command } from 'clipanion';
import { AppError, isAppError } from '../../../contract/index.ts';
import type { ServiceFacts } from '../../../service/index.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { type KeptDaemon, keptDaemon, logCommand, openManager, unitState } from '../../kept-daemon.ts';
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
    const kept = keptDaemon(this.target(), this.context);
    try {
      if (kept?.isAsleep) throw new AppError('daemon_not_running', 'daemon not running'); // asking would start it
      const status = await this.connect().call('status');
      if (this.json) this.printJson(status);
      else this.print(formatStatus(status, this.outStyle));
      this.sayIfSkewed(status.version);
      return exitCodes.ok;
    } catch (error) {
      if (!isAppError(error, 'daemon_not_running')) throw error;
      const facts = kept === null ? null : await this.factsOf(kept);
      if (this.json)
        this.printJson({ running: false, ...(facts === null ? {} : { service: serviceOf(facts) }) });
      else this.print('daemon not running\n');
      if (facts === null) {
        const { hint } = (await this.explain(error)) as AppError;
        this.say(`hint: ${hint ?? 'start it with: drover daemon start'}`);
      } else {
        this.say(unitState(facts));
        if (kept?.isAsleep && facts.state === 'inactive')
          this.say('its socket listens: whoever connects starts it');
        this.say(`hint: see what it said: ${logCommand(facts)}; start it with: drover daemon start`);
      }
      return exitCodes.notRunning;
    }
  }

  private async factsOf(kept: KeptDaemon): Promise<ServiceFacts | null> {
    const manager = await openManager(kept, (text) => this.say(text));
    return (await manager?.inspect(kept.profile)) ?? null;
  }
}

function serviceOf({ manager, unit, state, reason, isEnabled }: ServiceFacts) {
  return { manager, unit, state, reason, is_enabled: isEnabled };
}
