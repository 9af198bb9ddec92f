import type { Clock } from '../base/index.ts';

/** Everything that a unit file is rendered from: pure data, all paths absolute. */
export type ServiceSpec = {
  readonly profile: string;
  /** The Node.js that runs the daemon, by a path that lasts. */
  readonly node: string;
  /** The file of this program: `dist/main.js`. */
  readonly program: string;
  /** What follows `daemon start --foreground`: only what the person gave, as `--name=value`. */
  readonly args: readonly string[];
  /** PATH of the daemon and of every agent. */
  readonly path: string;
  readonly user: string;
  readonly home: string;
  /** Variables that say where things are, as they were set at the time. Never a credential. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stateRoot: string;
  readonly socket: string;
  readonly logs: string;
  /** The manager listens, and starts the daemon when somebody connects. systemd only. */
  readonly socketActivation: boolean;
};

/** A file that belongs to a service. */
export type ServiceFile = { readonly path: string; readonly text: string };

/** What a unit file says, read back from it. */
export type InstalledSpec = Pick<
  ServiceSpec,
  'node' | 'program' | 'args' | 'path' | 'environment' | 'socketActivation'
>;

/** What is installed, and how it does. */
export type ServiceFacts = {
  readonly manager: 'systemd' | 'launchd';
  /** `drover.service`, or the label `dev.drover.daemon`. */
  readonly unit: string;
  readonly file: string;
  /** The file is not as drover wrote it last. */
  readonly isEdited: boolean;
  /** Null when the file cannot be read or understood. */
  readonly spec: InstalledSpec | null;
  readonly isEnabled: boolean;
  readonly state: 'active' | 'activating' | 'deactivating' | 'inactive' | 'failed' | 'unknown';
  /** Why it is in this state, where that is not plain. */
  readonly reason: string | null;
  readonly pid: number | null;
  /** Goes on after logout. Null where it is not known or has no meaning. */
  readonly lingers: boolean | null;
};

export type InstallOptions = {
  /** Start it now, and wait until it answers. */
  readonly start: boolean;
  /** Let it run without a login. systemd only. */
  readonly linger: boolean;
  /** Also when somebody edited the file by hand. */
  readonly replaceEdited: boolean;
};

export type UninstallOptions = {
  /** Also when somebody edited the file by hand. */
  readonly removeEdited: boolean;
};

/** Hears each step, as a sentence without a full stop, once it is done. */
export type Tell = (step: string) => void;

/** The service manager of this system, for drover's units only. Every wait in it has an end. */
export type ServiceManager = {
  readonly kind: 'systemd' | 'launchd';
  /** The files that `install` would write. */
  readonly render: (spec: ServiceSpec) => readonly ServiceFile[];
  /**
   * Writes, enables and starts the service, and waits until the daemon answers on its own socket. Does nothing to what is
   * right already; undoes what it did when a step fails. Throws `service_edited`, `service_failed`.
   */
  readonly install: (spec: ServiceSpec, options: InstallOptions, tell: Tell) => Promise<void>;
  /** Stops the service and removes every trace of it; false when there was none. Throws `service_edited`. */
  readonly uninstall: (profile: string, options: UninstallOptions, tell: Tell) => Promise<boolean>;
  /** Resolves when the daemon is ready. Throws `service_failed` with the reason. */
  readonly start: (profile: string) => Promise<void>;
  readonly stop: (profile: string) => Promise<void>;
  readonly restart: (profile: string) => Promise<void>;
  /** Null when there is no unit file of this profile. */
  readonly inspect: (profile: string) => Promise<ServiceFacts | null>;
};

/** How a program of the service manager ended. */
export type ProgramResult = {
  /** Null when it was ended by a signal or by its deadline. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
};

/** Where the files of units are looked for: all that `hasUnitFile` needs. */
export type UnitPlaces = {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `$HOME`. */
  readonly home: string;
};

/** What this room uses of the machine: given by the caller, or by a test. */
export type ServiceWorld = UnitPlaces & {
  readonly uid: number;
  readonly user: string;
  readonly clock: Clock;
  /** Runs a program of the system to its end. Rejects with ENOENT when there is none of that name on PATH. */
  readonly run: (
    file: string,
    args: readonly string[],
    options: { readonly env: Readonly<Record<string, string>>; readonly timeoutMs: number },
  ) => Promise<ProgramResult>;
};
