import { Command, Option } from 'clipanion';
import { defaultProfile } from '../../../base/index.ts';
import { machineWorld, serviceManager } from '../../../service/index.ts';
import { exitCodes } from '../../exit-code.ts';
import { logCommand, unitState } from '../../kept-daemon.ts';
import { ServiceCommand } from './options.ts';

/** `drover install-service`: the daemon as a service of this user. */
export class InstallServiceCommand extends ServiceCommand {
  static override paths = [['install-service']];
  static override usage = Command.Usage({
    category: 'Service',
    description: 'let the service manager keep the daemon: systemd on Linux, launchd on macOS',
    details:
      'Writes a unit for this user, enables and starts it, and waits until the daemon answers; each step is said. A second call finds nothing to do; after an update of drover or Node.js, or with other options, the unit is brought up to date and the daemon restarted, which leaves runs alone. The unit gets the options of this call, so give again those that it is to keep. A daemon that was started by hand is stopped first. When a step fails, the units are as they were before. A unit that was edited by hand is left alone, unless `--replace` is given; changes of your own belong in a drop-in. No token gets into the unit: name token files in daemon.toml.',
    examples: [
      ['Install and start the service', '$0 install-service'],
      ['Listen on TCP as well', '$0 install-service --addr 127.0.0.1:7777'],
      ['A second daemon beside it', '$0 install-service --profile work'],
      ['Let systemd listen', '$0 install-service --socket-activation'],
    ],
  });

  noStart = Option.Boolean('--no-start', false, { description: 'Enable it, but do not start it now' });
  noLinger = Option.Boolean('--no-linger', false, {
    description: 'Do not ask for it to run without a login (systemd)',
  });
  replace = Option.Boolean('--replace', false, {
    description: 'Also replace a unit that was edited by hand',
  });

  async execute(): Promise<number> {
    const { spec, notes } = await this.buildSpec();
    const steps: string[] = [];
    const tell = (step: string) => {
      steps.push(step);
      this.say(step);
    };
    const manager = await serviceManager(machineWorld(this.context.env));
    for (const note of notes) tell(note);
    const options = { start: !this.noStart, linger: !this.noLinger, replaceEdited: this.replace };
    await manager.install(spec, options, tell);
    const facts = await manager.inspect(spec.profile);
    if (facts === null) return exitCodes.failed; // removed by somebody else in this instant
    if (this.json) {
      const { unit, file, state, reason, isEnabled, pid, lingers } = facts;
      this.printJson({
        ...{ manager: facts.manager, unit, file, state, reason, is_enabled: isEnabled, pid, lingers },
        ...{ socket: spec.socket, steps },
      });
    } else {
      this.print(`${unitState(facts)}\n`);
      const chosen = spec.profile === defaultProfile ? '' : ` --profile ${spec.profile}`;
      const next =
        facts.state === 'inactive' && !spec.socketActivation
          ? 'start it with: drover daemon start'
          : `what it says: ${logCommand(facts)}; what it does: drover status`;
      this.say(`hint: ${next}${chosen}`);
    }
    return exitCodes.ok;
  }
}
