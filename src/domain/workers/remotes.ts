import type { Clock } from '../../base/index.ts';
import { AppError, isIdPrefix, type RegisterWorker } from '../../contract/index.ts';

/** A remote worker that was not heard of for so long is gone. */
export const heartbeatMs = 120_000;
/** So many at the same time: each is a few hundred bytes that anybody with the right to write may leave here. */
export const maxRemotes = 256;

/** A worker on another machine, as it last said of itself. */
export type Remote = Omit<RegisterWorker, 'host'> & {
  readonly host: string;
  readonly registeredAt: number;
  readonly heartbeatAt: number;
};

/** The remote workers. They live in memory: after a restart each is back with its next heartbeat. */
export type Remotes = {
  /** Those heard of lately, by name. */
  readonly list: () => readonly Remote[];
  readonly find: (name: string) => Remote | undefined;
  /** A first word or a heartbeat. Throws `invalid_request`, `name_taken` or `busy`. */
  readonly register: (
    body: RegisterWorker,
    isRunName: (name: string) => boolean,
  ) => { readonly remote: Remote; readonly isNew: boolean };
  readonly forget: (name: string) => void;
};

/** Makes an empty list. */
export function createRemotes(clock: Clock): Remotes {
  const known = new Map<string, { readonly remote: Remote; readonly heardAt: number }>();

  const dropSilent = () => {
    for (const [name, { heardAt }] of known)
      if (clock.monotonic() - heardAt >= heartbeatMs) known.delete(name);
  };

  return {
    list: () => {
      dropSilent();
      return [...known.values()]
        .map(({ remote }) => remote)
        .sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
    },
    find: (name) => {
      dropSilent();
      return known.get(name)?.remote;
    },
    register: (body, isRunName) => {
      dropSilent();
      const host = body.host ?? new URL(body.url).hostname;
      const before = known.get(body.name)?.remote;
      if (before === undefined) {
        assertName(body.name, isRunName);
        if (known.size >= maxRemotes) {
          throw new AppError('busy', `There are ${maxRemotes} remote workers already`, {
            hint: 'remove one with DELETE /v1/workers/NAME, or wait until a silent one is forgotten',
          });
        }
      } else if (before.host !== host) {
        throw new AppError(
          'name_taken',
          `A worker of the host '${before.host}' is named '${body.name}' already`,
          {
            hint: 'choose another name, such as one with the host in it',
          },
        );
      }
      const now = clock.now();
      const remote = { ...body, host, registeredAt: before?.registeredAt ?? now, heartbeatAt: now };
      known.set(body.name, { remote, heardAt: clock.monotonic() });
      return { remote, isNew: before === undefined };
    },
    forget: (name) => void known.delete(name),
  };
}

/** A worker is asked for by pid, by the id of its run, or by name: no name may look like one of the others. */
function assertName(name: string, isRunName: (name: string) => boolean): void {
  if (/^\d+$/.test(name) || isIdPrefix('run', name)) {
    throw new AppError('invalid_request', `The name '${name}' looks like a pid or the id of a run`, {
      hint: 'choose a name with a letter in it that does not begin with run_',
    });
  }
  if (isRunName(name)) {
    throw new AppError('name_taken', `A live run is named '${name}' already`, {
      hint: 'choose another name',
    });
  }
}
