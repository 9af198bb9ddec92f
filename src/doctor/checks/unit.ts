import { readFileSync, statSync } from 'node:fs';
import { localPaths } from '../../client/index.ts';
import { AppError } from '../../contract/index.ts';
import { homeOfUser, type InstalledSpec, renderService, type ServiceSpec } from '../../service/index.ts';
import { type Finding, failure, fine, note, shellWord, someOf, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';

const askTimeoutMs = 10_000;

/** The unit file: whole, current, enabled, its program there, its PATH still leading somewhere. */
export async function checkUnit(situation: Situation): Promise<readonly Finding[]> {
  const { unitFile, installed, drover } = situation;
  if (unitFile === null || installed === null) {
    return [
      note('unit.file', 'drover is not a service here: the daemon ends with a restart of the machine', {
        command: situation.manager === null ? null : drover('install-service'),
      }),
    ];
  }
  const { spec, isEdited } = installed;
  if (spec === null) {
    return [
      failure('unit.file', `The unit file ${unitFile} cannot be read or understood`, {
        detail: 'It is a link, belongs to somebody else, or was changed beyond recognition.',
        command: `${situation.renew} --replace`,
      }),
    ];
  }
  return [
    ...checkText(situation, unitFile, spec, isEdited),
    ...(await checkProgram(situation, spec)),
    ...checkPath(situation, spec),
    ...checkPlaces(situation, spec),
    ...checkState(situation),
  ];
}

/** Whether this version would write the file in the same words. */
function checkText(
  situation: Situation,
  file: string,
  spec: InstalledSpec,
  isEdited: boolean,
): readonly Finding[] {
  const { manager, renew, world } = situation;
  if (isEdited) {
    return [
      note('unit.file', `${file} was edited by hand, so it is left as it is`, {
        detail: 'drover does not bring it up to date. Changes of your own are safer in a drop-in.',
        command: `${renew} --replace`,
      }),
    ];
  }
  const whole = wholeSpec(situation, spec);
  const kind = world.machine.platform === 'darwin' ? 'launchd' : 'systemd';
  const stale = renderService(kind, whole, world.machine).filter(({ path, text }) => readText(path) !== text);
  if (stale.length === 0) return [fine('unit.file', `${file} is as this version writes it`)];
  const fix =
    manager === null
      ? null
      : async () => {
          const steps: string[] = [];
          const options = { start: false, linger: false, replaceEdited: false };
          await manager.install(whole, options, (step) => void steps.push(step));
          return steps.length === 0 ? 'the unit is current already' : steps.join('; ');
        };
  return [
    warning(
      'unit.file',
      `The unit is not as this version writes it: ${someOf(stale.map(({ path }) => path))}`,
      {
        detail: 'Another version of drover wrote it. Bringing it up to date keeps its options.',
        command: renew,
        fix,
      },
    ),
  ];
}

/** The spec that the file was rendered from: what it says, and the places that follow from that. */
function wholeSpec({ world, paths, socket }: Situation, spec: InstalledSpec): ServiceSpec {
  const { machine } = world;
  const given = new Map(
    spec.args.map((arg) => [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)]),
  );
  const own = localPaths({
    flags: {
      profile: paths.profile,
      stateRoot: given.get('--state-root'),
      socket: given.get('--socket'),
      config: given.get('--config'),
    },
    env: { HOME: machine.home, XDG_RUNTIME_DIR: machine.env.XDG_RUNTIME_DIR, ...spec.environment },
    cwd: '/',
  });
  return {
    ...spec,
    profile: paths.profile,
    user: machine.user,
    home: spec.environment.HOME ?? homeOfUser() ?? machine.home,
    stateRoot: own.stateRoot,
    socket: own.stateRoot === paths.stateRoot ? socket : own.socket,
    logs: own.logs,
  };
}

/** The file that the unit starts: there, and of this version. */
async function checkProgram({ world, renew }: Situation, spec: InstalledSpec): Promise<readonly Finding[]> {
  if (statSync(spec.program, { throwIfNoEntry: false })?.isFile() !== true) {
    return [
      failure('unit.program', `The program of the service is gone: ${spec.program}`, {
        detail: 'drover was moved or removed since. The service cannot start.',
        command: renew,
      }),
    ];
  }
  const env = { PATH: spec.path, HOME: world.machine.home };
  const answer = await world.machine
    .run(spec.node, [spec.program, '--version'], { env, timeoutMs: askTimeoutMs })
    .catch(() => null); // the check of Node.js says that it is gone
  const version = /\d+\.\d+\.\d+\S*/.exec(answer?.stdout ?? '')?.[0];
  if (answer === null) return [];
  if (answer.code !== 0 || version === undefined) {
    return [
      failure('unit.program', `The program of the service does not answer: ${spec.program}`, {
        command: renew,
      }),
    ];
  }
  if (version === world.version) {
    return [fine('unit.program', `The service starts drover ${version} (${spec.program})`)];
  }
  return [
    warning('unit.program', `The service starts drover ${version}, and this command is ${world.version}`, {
      detail: `The service has ${spec.program}; this command is ${world.program}.`,
      command: renew,
    }),
  ];
}

function checkPath({ renew }: Situation, spec: InstalledSpec): readonly Finding[] {
  const folders = spec.path.split(':').filter((folder) => folder !== '');
  const gone = folders.filter((folder) => !isFolder(folder));
  if (gone.length === 0)
    return [fine('unit.path', `The ${folders.length} folders on the service’s PATH are there`)];
  return [
    warning('unit.path', `Folders on the service’s PATH are gone: ${someOf(gone)}`, {
      detail: 'Agents and tools that were there are not found any more.',
      command: renew,
    }),
  ];
}

/** The shell and the service must mean the same daemon. */
function checkPlaces(situation: Situation, spec: InstalledSpec): readonly Finding[] {
  const { paths } = situation;
  const { stateRoot } = wholeSpec(situation, spec);
  if (stateRoot === paths.stateRoot) return [];
  return [
    warning(
      'unit.places',
      `The service keeps its state in ${stateRoot}, and this shell looks in ${paths.stateRoot}`,
      {
        detail:
          'The environment of this shell names other places than the unit, so commands may mean another daemon.',
        command: `drover doctor --state-root=${shellWord(stateRoot)}`,
      },
    ),
  ];
}

function checkState({ facts, managerError, drover, renew, manager, world }: Situation): readonly Finding[] {
  if (facts === null) {
    const detail = managerError === null ? '' : `${managerError.message}. ${managerError.hint ?? ''}`.trim();
    return [failure('unit.state', 'The unit is there, but no service manager answers for it', { detail })];
  }
  const { unit, state, reason, isEnabled } = facts;
  const found: Finding[] = [];
  if (!isEnabled) {
    const isLaunchd = facts.manager === 'launchd';
    found.push(
      warning(
        'unit.enabled',
        `${unit} is not enabled: it does not come back after a restart of the machine`,
        {
          command: isLaunchd ? renew : `systemctl --user enable ${unit}`,
        },
      ),
    );
  }
  if (reason?.includes('daemon-reload') && manager?.kind === 'systemd') {
    const reload = async () => {
      const { code, stderr } = await world.machine.run('systemctl', ['--user', 'daemon-reload'], {
        env: managerVariables(world.machine.env),
        timeoutMs: 30_000,
      });
      if (code !== 0)
        throw new AppError('service_failed', `systemctl --user daemon-reload failed: ${stderr.trim()}`);
      return 'the manager has read its units again';
    };
    return [
      ...found,
      warning('unit.state', `The manager has not read ${unit}`, {
        command: 'systemctl --user daemon-reload',
        fix: reload,
      }),
    ];
  }
  const why = reason === null ? '' : `: ${reason}`;
  if (state === 'active')
    found.push(fine('unit.state', `${unit} is ${isEnabled ? 'enabled and ' : ''}active`));
  else if (state === 'failed')
    found.push(
      failure('unit.state', `${unit} has failed${why}`, {
        detail: 'Its last words are in the log.',
        command: `${drover('logs')}; ${drover('daemon restart')}`,
      }),
    );
  else if (facts.spec?.socketActivation && state === 'inactive')
    found.push(fine('unit.state', `${unit} waits for the first connection`));
  else found.push(warning('unit.state', `${unit} is ${state}${why}`, { command: drover('daemon start') }));
  return found;
}

/** What `systemctl` needs to find the user manager. */
export function managerVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = ['PATH', 'HOME', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'].flatMap((name) =>
    env[name] ? [[name, env[name]] as const] : [],
  );
  return {
    PATH: '/usr/bin:/bin',
    XDG_RUNTIME_DIR: `/run/user/${process.getuid?.() ?? ''}`,
    ...Object.fromEntries(kept),
  };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // absent, which is not as it would be written either
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
