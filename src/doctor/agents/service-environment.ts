import { readFileSync } from 'node:fs';
import type { CommandResult } from '../../base/index.ts';
import { agentEnvironment } from '../../domain/agents/index.ts';
import { managerVariables } from '../checks/unit.ts';
import { shellWord } from '../finding.ts';
import type { Situation } from '../situation.ts';

/** The environment that agents get: where it was seen, and how to run something in it. */
export type AgentPlace = {
  /** `unit`: as the service manager starts it. `daemon`: of the one that runs. `shell`: a daemon started from here. */
  readonly kind: 'unit' | 'daemon' | 'shell';
  /** What an agent's process would get; never shown. */
  readonly env: Readonly<Record<string, string>>;
  /** What the daemon itself has, of which that is a part. */
  readonly daemonEnv: Readonly<Record<string, string>>;
  readonly run: (argv: readonly string[]) => Promise<CommandResult>;
};

/** What one question may take. */
export const askTimeoutMs = 10_000;

/** As the agents of a daemon that is started from this shell. */
export function shellPlace(situation: Situation): AgentPlace {
  const { env } = situation.world.machine;
  return plainPlace(situation, 'shell', definedOnly(env));
}

/**
 * As the agents of the service: in a transient unit with the variables of the unit, where a user manager answers; with
 * exactly these where none does; with those of the running daemon when no unit is installed.
 */
export async function servicePlace(situation: Situation): Promise<AgentPlace> {
  const { installed, status, world, manager } = situation;
  const spec = installed?.spec;
  if (spec) {
    const given = { ...spec.environment, PATH: spec.path };
    if (manager?.kind === 'systemd') {
      const inUnit = await unitPlace(situation, given);
      if (inUnit !== null) return inUnit;
    }
    const { home, user } = world.machine;
    return plainPlace(situation, 'unit', { HOME: home, USER: user, LOGNAME: user, ...given });
  }
  const running = status === null ? null : environmentOf(world.proc, status.pid);
  return running === null ? shellPlace(situation) : plainPlace(situation, 'daemon', running);
}

function plainPlace(
  situation: Situation,
  kind: AgentPlace['kind'],
  daemonEnv: Readonly<Record<string, string>>,
): AgentPlace {
  const env = forAgents(situation, daemonEnv);
  return { kind, daemonEnv, env, run: (argv) => runPlainly(situation, argv, env) };
}

/** Runs with these variables and no others. */
export function runPlainly(
  { world }: Situation,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  // By `env`, so that the program is looked for in its own PATH
  return world.execute('/usr/bin/env', ['--', ...argv], {
    env,
    timeoutMs: askTimeoutMs,
    cwd: world.machine.home,
  });
}

/** Null when no transient unit can be had, which the caller then does without. */
async function unitPlace(
  situation: Situation,
  given: Readonly<Record<string, string>>,
): Promise<AgentPlace | null> {
  const { world } = situation;
  const property = ([name, value]: readonly [string, string]) => `--setenv=${name}=${value}`; // no secret is in a unit
  const command = [
    ...['--user', '--quiet', '--pipe', '--wait', '--collect', '--service-type=exec'],
    ...[
      '-p',
      `RuntimeMaxSec=${askTimeoutMs / 1000}`,
      '-p',
      'KillMode=control-group',
      '-p',
      'IgnoreSIGPIPE=no',
    ],
    ...Object.entries(given).map(property),
  ];
  const inUnit = (argv: readonly string[], stdin?: string) =>
    world.execute('systemd-run', [...command, '--', ...argv], {
      env: managerVariables(world.machine.env),
      timeoutMs: askTimeoutMs * 1.5,
      ...(stdin === undefined ? {} : { stdin }),
    });
  const listed = await inUnit(['/usr/bin/env', '-0']).catch(() => null); // no systemd-run: the plain way
  if (listed === null || listed.code !== 0) return null;
  const daemonEnv = parseVariables(listed.stdout.toString());
  const env = forAgents(situation, daemonEnv);
  return {
    kind: 'unit',
    daemonEnv,
    env,
    // Over stdin, because what stands in a command line is for everybody to read
    run: (argv) => inUnit(['/bin/sh'], scriptOf(argv, daemonEnv, env)),
  };
}

function scriptOf(
  argv: readonly string[],
  from: Readonly<Record<string, string>>,
  to: Readonly<Record<string, string>>,
): string {
  const names = (list: readonly string[]) => list.filter((name) => /^[A-Za-z_]\w*$/.test(name));
  const dropped = names(Object.keys(from).filter((name) => to[name] === undefined));
  const changed = names(Object.keys(to).filter((name) => to[name] !== from[name]));
  return [
    ...(dropped.length === 0 ? [] : [`unset ${dropped.join(' ')}`]),
    ...changed.map((name) => `export ${name}=${quoted(to[name] ?? '')}`),
    `exec ${argv.map(shellWord).join(' ')} </dev/null`,
    '',
  ].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What an agent gets of it, without the variables that belong to one run. */
function forAgents(
  { world, paths }: Situation,
  daemonEnv: Readonly<Record<string, string>>,
): Record<string, string> {
  const { user, home } = world.machine;
  const env = agentEnvironment({
    daemonEnv,
    user: { username: user, homedir: home, shell: null },
    agentEnv: {},
    runId: '',
    runToken: '',
    profile: paths.profile,
    socket: '',
    stateRoot: '',
    ports: null,
  });
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('DROVER_')));
}

function environmentOf(proc: string, pid: number): Record<string, string> | null {
  try {
    return parseVariables(readFileSync(`${proc}/${pid}/environ`, 'utf8'));
  } catch {
    return null; // not Linux
  }
}

function parseVariables(text: string): Record<string, string> {
  const pairs = text.split('\0').filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
