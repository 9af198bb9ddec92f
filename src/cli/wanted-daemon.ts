import { realpathSync } from 'node:fs';
import type { Paths } from '../base/index.ts';
import { AppError, type Status } from '../contract/index.ts';

/** Another profile's daemon on the socket that this one was given is no reason to be content. */
export function assertWanted({ profile, pid, socket, state_root }: Status, paths: Paths): void {
  if (
    profile === paths.profile &&
    !(paths.isStateRootNamed && isElsewhereOnDisk(state_root, paths.stateRoot))
  )
    return;
  throw new AppError(
    'address_in_use',
    `The socket '${socket}' belongs to the daemon of profile '${profile}' (pid ${pid}, state root ${state_root})`,
    {
      hint: `give profile '${paths.profile}' a --socket or socket_path of its own, or stop that one: drover stop --socket ${socket}`,
      fields: { pid, profile, socket, state_root },
    },
  );
}

function isElsewhereOnDisk(one: string, other: string): boolean {
  const real = (path: string) => {
    try {
      return realpathSync(path);
    } catch {
      return path; // not made yet
    }
  };
  return real(one) !== real(other);
}
