import { readFileSync, statSync } from 'node:fs';
import { isAlive, type Paths } from '../base/index.ts';
import { createClient, type LocateInput, localPaths, locateDaemon } from '../client/index.ts';
import {
  AppError,
  type Config,
  type Endpoint,
  isAppError,
  parseEndpoint,
  type Status,
} from '../contract/index.ts';
import { loadConfig } from '../foundation/config/index.ts';
import { inspectStore, type StoreInspection } from '../foundation/store/index.ts';
import {
  findUnitFile,
  hasSocketUnit,
  type InstalledSpec,
  readInstalled,
  type ServiceFacts,
  type ServiceManager,
  serviceManager,
} from '../service/index.ts';
import { shellWord } from './finding.ts';
import type { DoctorWorld } from './world.ts';

/** What every check needs to know, gathered once. A value that could not be had stands beside the error that says why. */
export type Situation = {
  readonly world: DoctorWorld;
  readonly paths: Paths;
  /** Where the daemon listens, or would. */
  readonly socket: string;
  readonly status: Status | null;
  readonly statusError: AppError | null;
  /** The manager listens for the daemon, which was not asked so that asking does not start it. */
  readonly isLeftAsleep: boolean;
  readonly config: Config | null;
  readonly configError: AppError | null;
  /** Null without a database, or one of somebody else. */
  readonly store: StoreInspection | null;
  readonly storeError: AppError | null;
  readonly endpoint: Endpoint | null;
  /** The process that the endpoint file names still runs. */
  readonly isEndpointAlive: boolean;
  readonly manager: ServiceManager | null;
  readonly managerError: AppError | null;
  readonly unitFile: string | null;
  /** Null without a unit file, and while no manager answers. */
  readonly facts: ServiceFacts | null;
  /** What the unit file says, also while no manager answers. */
  readonly installed: ReturnType<typeof readInstalled> | null;
  /** `drover WORDS` with the options that choose this daemon. */
  readonly drover: (words: string) => string;
  /** `drover install-service` with the options that the unit has, so that bringing it up to date loses none. */
  readonly renew: string;
};

const askDeadlineMs = 10_000;
/** A larger database takes too long to be read while somebody waits. */
export const maxCheckBytes = 2 * 2 ** 30;

/** Looks at the daemon, its configuration and its service. Starts nothing and changes nothing. */
export async function gather(world: DoctorWorld): Promise<Situation> {
  const { machine } = world;
  const target: LocateInput = { flags: world.flags, env: machine.env, cwd: world.cwd };
  const paths = localPaths(target);
  const loaded = await attempt(() =>
    loadConfig({ path: paths.config, isNamed: paths.isConfigNamed, home: machine.home }),
  );
  const endpoint = readEndpoint(paths.endpointFile);
  const isEndpointAlive = endpoint !== null && (await isAlive(identityOf(endpoint)));
  const manager = await attempt(() => serviceManager(machine));
  const inspected = await attempt(async () => (await manager.value?.inspect(paths.profile)) ?? null);
  const facts = inspected.value;
  const unitFile = findUnitFile(paths.profile, machine);
  const installed = unitFile === null ? null : readInstalled(unitFile, machine.platform);
  const isLeftAsleep = hasSocketUnit(paths.profile, machine) && facts?.state !== 'active' && !isEndpointAlive;
  const status = isLeftAsleep
    ? { value: null, error: null }
    : await attempt(() => createClient(locateDaemon(target)).call('status', { deadlineMs: askDeadlineMs }));
  const store = await attempt(async () => lookAtStore(paths.database, machine.uid));
  const configured = loaded.value?.config.socket_path ?? '';
  return {
    world,
    paths,
    socket:
      status.value?.socket ??
      (paths.socketFrom === 'computed' && configured !== '' ? configured : paths.socket),
    status: status.value,
    statusError: status.error,
    isLeftAsleep,
    config: loaded.value?.config ?? null,
    configError: loaded.error,
    store: store.value,
    storeError: store.error,
    endpoint,
    isEndpointAlive,
    manager: manager.value,
    managerError: manager.error ?? inspected.error,
    unitFile,
    facts,
    installed,
    drover: (words) => ['drover', words, ...optionsOf(world)].join(' '),
    renew: renewal(installed?.spec ?? null, optionsOf(world)),
  };
}

function renewal(spec: InstalledSpec | null, chosen: readonly string[]): string {
  const kept = (spec?.args ?? []).map(shellWord);
  const others = chosen.filter((option) => !kept.some((each) => nameOf(each) === nameOf(option)));
  const activation = spec?.socketActivation ? ['--socket-activation'] : [];
  return ['drover install-service', ...others, ...kept, ...activation].join(' ');
}

/** `--addr` of `--addr=127.0.0.1:7717`, also in quotes. */
function nameOf(option: string): string {
  return (option.split('=')[0] ?? option).replace("'", '');
}

function optionsOf({ flags }: DoctorWorld): string[] {
  const named = { '--profile': flags.profile, '--state-root': flags.stateRoot, '--socket': flags.socket };
  return Object.entries(named).flatMap(([name, value]) => (value ? [`${name}=${shellWord(value)}`] : []));
}

/** As root one would leave files of root's beside it, which its owner's daemon could not write. */
function lookAtStore(path: string, uid: number): StoreInspection | null {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined || info.uid !== uid || !info.isFile() || info.size === 0) return null;
  return inspectStore(path, { maxCheckBytes });
}

function identityOf({ pid, start_time: startTime, boot_id: bootId }: Endpoint) {
  return { pid, startTime, bootId };
}

function readEndpoint(path: string): Endpoint | null {
  try {
    return parseEndpoint(readFileSync(path, 'utf8'));
  } catch {
    return null; // no daemon has written one, or it is not for us to read: the state check says so
  }
}

type Attempt<T> =
  | { readonly value: T; readonly error: null }
  | { readonly value: null; readonly error: AppError | null };

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work(), error: null };
  } catch (error) {
    if (isAppError(error)) return { value: null, error };
    const message = error instanceof Error ? error.message : String(error);
    return { value: null, error: new AppError('internal', message, { cause: error }) };
  }
}
