import { Command, Option } from 'clipanion';
import { knownProfiles, localPaths } from '../../../client/index.ts';
import { hasSocketUnit, machineWorld, profilesWithUnits } from '../../../service/index.ts';
import { DroverCommand } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatProfiles } from '../../print/profiles.ts';
import { reportProfile, servicesOf } from '../../profiles/index.ts';

/** `drover list-profiles`: the daemons that this user has side by side. */
export class ListProfilesCommand extends DroverCommand {
  static override paths = [['list-profiles']];
  static override usage = Command.Usage({
    category: 'Daemon',
    description: 'list the profiles: which daemons there are, and how each does',
    details:
      'A profile is listed when it has a configuration, a state folder or a unit file. Each daemon is asked for its status, for a second and a half at most. With `--profile` only that one is listed.',
    examples: [
      ['List the profiles', '$0 list-profiles'],
      ['Stop every daemon', '$0 list-profiles --names | xargs -n 1 $0 stop --profile'],
      ['Find those that need a look', '$0 list-profiles --json | jq ".items[] | select(.reason)"'],
    ],
  });

  names = Option.Boolean('--names', false, { description: 'Print the names alone, and ask no daemon' });

  async execute(): Promise<number> {
    if (this.daemon !== undefined || this.socket !== undefined) {
      throw usageError(
        'list-profiles looks at the profiles of this machine',
        'leave out --daemon and --socket',
      );
    }
    const { env, cwd } = this.context;
    localPaths(this.target()); // a name that no profile can have is said
    const machine = machineWorld(env);
    const known = knownProfiles({ env, cwd, stateRoot: this.stateRoot }, profilesWithUnits(machine)).filter(
      ({ name }) => !this.profile || name === this.profile,
    );
    if (this.names) {
      this.print(known.map(({ name }) => `${name}\n`).join(''));
      return exitCodes.ok;
    }
    const services = await servicesOf(
      known.map(({ name }) => name),
      env,
    );
    const token = env.DROVER_RUN_TOKEN || undefined;
    const items = await Promise.all(
      known.map((profile) =>
        reportProfile(profile, {
          service: services.get(profile.name) ?? null,
          hasSocketUnit: hasSocketUnit(profile.name, machine),
          token,
        }),
      ),
    );
    if (this.json) this.printJson({ items, next_cursor: null });
    else if (items.length > 0) this.print(formatProfiles(items, this.outStyle));
    else this.say('no profiles yet: drover daemon start makes the default one');
    return exitCodes.ok;
  }
}
