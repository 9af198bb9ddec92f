import { Command, Option } from 'clipanion';
import type { Finding, Mended } from '../../doctor/index.ts';
import { DroverCommand } from '../command.ts';
import { usageError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import { formatFindings, formatMended } from '../print/findings.ts';

/** `drover doctor`: whether everything that drover stands on is still right. */
export class DoctorCommand extends DroverCommand {
  static override paths = [['doctor'], ['daemon', 'doctor'], ['d', 'doctor']];
  static override usage = Command.Usage({
    category: 'Daemon',
    description: 'look for what is wrong with the daemon, its service and its agents',
    details:
      'Looks at Node.js, the unit, the daemon, the configuration, the socket, the state, the database, the disk, git and the agents, which are tried in the environment that the service gives them. Each finding that is not well names the command that mends it. Exits 0 when nothing is an error, 1 when something is. Looking changes nothing; `--fix` mends what cannot lose anything, says what it did and looks again.',
    examples: [
      ['Look at everything', '$0 doctor'],
      ['Mend what is safe to mend', '$0 doctor --fix'],
      ['Only errors, in a script', `$0 doctor --json | jq '.findings[] | select(.severity == "error")'`],
    ],
  });

  fix = Option.Boolean('--fix', false, { description: 'Mend what is safe to mend, then look again' });

  async execute(): Promise<number> {
    if (this.daemon !== undefined) {
      throw usageError(
        '--daemon names another daemon, and doctor looks at this machine',
        'use --profile or --state-root',
      );
    }
    const { diagnose, doctorWorld, mend } = await import('../../doctor/index.ts');
    const { env, cwd, version, program } = this.context;
    const world = doctorWorld({
      ...{ env, cwd, version, execPath: process.execPath, program: program[0] ?? '' },
      flags: { profile: this.profile, stateRoot: this.stateRoot, socket: this.socket },
    });
    let findings = await diagnose(world);
    let mended: readonly Mended[] = [];
    if (this.fix && findings.some(({ fix }) => fix !== null)) {
      mended = await mend(findings);
      findings = await diagnose(world);
    }
    const isWell = !findings.some(({ severity }) => severity === 'error');
    if (this.json) this.printJson(asJson({ findings, mended, isWell, version }));
    else this.print(formatMended(mended, this.outStyle) + formatFindings(findings, this.outStyle));
    return isWell ? exitCodes.ok : exitCodes.failed;
  }
}

type Report = {
  readonly findings: readonly Finding[];
  readonly mended: readonly Mended[];
  readonly isWell: boolean;
  readonly version: string;
};

function asJson({ findings, mended, isWell, version }: Report): object {
  return {
    ok: isWell,
    version,
    fixed: mended.map(({ check, title, done, isDone }) => ({ check, title, done, ok: isDone })),
    findings: findings.map(({ fix, ...finding }) => ({ ...finding, fixable: fix !== null })),
  };
}
