import { join } from 'node:path';
import {
  machineWorld,
  type ServiceManager,
  type ServiceSpec,
  type ServiceWorld,
  serviceManager,
} from '../../src/service/index.ts';
import { type Launchd, startLaunchd } from './launchd.ts';
import { createWorld, type World } from './real-daemon.ts';

/** The user of the stand-in Mac. */
export const uid = 501;

/** A Mac as far as drover sees one: the built program, a home, and a stand-in launchd whose launchctl is on PATH. */
export type Mac = {
  readonly world: World;
  readonly launchd: Launchd;
  readonly service: ServiceWorld;
  /** launchd as drover's service manager; asks for the domain anew. */
  readonly manager: () => Promise<ServiceManager>;
  readonly spec: (profile?: string) => ServiceSpec;
  readonly stateRoot: (profile?: string) => string;
  readonly file: (profile?: string) => string;
  /** Installs with the usual options; the steps that were told. */
  readonly install: (options?: {
    readonly start?: boolean;
    readonly spec?: ServiceSpec;
    readonly replaceEdited?: boolean;
  }) => Promise<string[]>;
  /** Ends what is left and removes all files. */
  readonly close: () => Promise<void>;
};

export type MacOptions = {
  /** By the program on PATH, as in life; else by a call, which is quicker. */
  readonly isOnPath?: boolean;
  readonly clock?: ServiceWorld['clock'];
};

/** Sets one up; nothing is installed or runs yet. */
export async function startMac(options: MacOptions = {}): Promise<Mac> {
  const world = await createWorld();
  const launchd = await startLaunchd(world.root, uid);
  const env = { ...world.env, PATH: `${launchd.bin}:${world.env.PATH}` };
  const machine = machineWorld(env);
  const ask: ServiceWorld['run'] = async (_file, args) => {
    const { code, out, err } = await launchd.ask(args);
    return { code, stdout: out, stderr: err, timedOut: false };
  };
  const service: ServiceWorld = {
    ...machine,
    platform: 'darwin',
    uid,
    user: 'ada',
    run: options.isOnPath === true ? machine.run : ask,
    clock: options.clock ?? machine.clock,
  };
  const within = (profile: string) => (profile === 'default' ? [] : ['profiles', profile]);
  const stateRoot = (profile = 'default') => join(world.stateRoot, ...within(profile));
  const labelOf = (profile: string) => `dev.drover.daemon${profile === 'default' ? '' : `.${profile}`}`;
  const spec = (profile = 'default'): ServiceSpec => {
    const socket = profile === 'default' ? world.socket : join(world.root, `${profile}.sock`);
    return {
      profile,
      node: process.execPath,
      program: world.program,
      args: [...(profile === 'default' ? [] : [`--profile=${profile}`]), `--socket=${socket}`],
      path: world.env.PATH ?? '',
      user: 'ada',
      home: world.home,
      environment: {},
      stateRoot: stateRoot(profile),
      socket,
      logs: join(stateRoot(profile), 'logs'),
      socketActivation: false,
    };
  };
  const manager = () => serviceManager(service);
  return {
    world,
    launchd,
    service,
    manager,
    spec,
    stateRoot,
    file: (profile = 'default') => join(world.home, 'Library/LaunchAgents', `${labelOf(profile)}.plist`),
    install: async (options = {}) => {
      const steps: string[] = [];
      const { start = true, replaceEdited = false } = options;
      await (await manager()).install(
        options.spec ?? spec(),
        { start, linger: false, replaceEdited },
        (step) => steps.push(step),
      );
      return steps;
    },
    close: async () => {
      await launchd.close();
      await world.close();
    },
  };
}

/** A clock that waits a thousandth of the time that it says has passed. */
export function hurriedClock(): ServiceWorld['clock'] {
  let elapsedMs = 0;
  return {
    now: () => elapsedMs,
    monotonic: () => elapsedMs,
    sleep: (ms) => {
      elapsedMs += ms;
      return new Promise((resolve) => setTimeout(resolve, ms / 1000));
    },
  };
}
