import { Command } from 'clipanion';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { escapeLine } from '../../print/escape.ts';

/** `drover daemon reload`: re-read the configuration. */
export class DaemonReloadCommand extends DroverCommand {
  static override paths = [
    ['daemon', 'reload'],
    ['d', 'reload'],
  ];
  static override usage = Command.Usage({
    category: 'Daemon',
    description: 're-read the configuration and say which keys were applied',
    details:
      'An invalid file changes nothing: the reason is printed and the exit code is 2. What is valid and cannot work, such as a role of an agent that is not there, is a warning.',
    examples: [['Apply an edited daemon.toml', '$0 daemon reload']],
  });

  async execute(): Promise<number> {
    const client = this.connect();
    const result = await client.call('reload');
    if (this.json) this.printJson(result);
    else {
      if (result.applied.length > 0) this.print(`applied: ${escapeLine(result.applied.join(', '))}\n`);
      if (result.needs_restart.length > 0) {
        this.print(`needs a restart: ${escapeLine(result.needs_restart.join(', '))}\n`);
        this.say('hint: drover daemon restart leaves the runs alone');
      }
      if (result.applied.length === 0 && result.needs_restart.length === 0) this.print('nothing changed\n');
      const status = await client.call('status').catch(() => null); // it is reloaded, whatever comes of this
      for (const text of status?.warnings ?? [])
        this.say(`${this.errStyle.yellow('warning:')} ${escapeLine(text)}`);
    }
    return exitCodes.ok;
  }
}
