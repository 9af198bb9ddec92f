import { chmod, stat } from 'node:fs/promises';
import { makePrivateFolders } from '../base/index.ts';
import { AppError } from '../contract/index.ts';

export type StateRootOptions = {
  /** Absolute path; it may be a link to where the state really is. */
  readonly path: string;
  /** Who must own it: `process.getuid()`. */
  readonly uid: number;
};

const nameYourOwn = 'name a folder of your own with --state-root or $DROVER_STATE_ROOT';

/**
 * Makes the state root with mode 0700, or checks the one that is there: owned by this user and writable by nobody else
 * (`state_root_foreign`). One that others may only read is closed to them. Nothing inside it is touched.
 */
export async function prepareStateRoot({ path, uid }: StateRootOptions): Promise<void> {
  try {
    makePrivateFolders(path);
  } catch (error) {
    throw cannotMake(path, error as NodeJS.ErrnoException);
  }
  const info = await stat(path);
  if (!info.isDirectory()) {
    throw new AppError('not_a_directory', `The state root ${path} is not a folder`, { hint: nameYourOwn });
  }
  if (info.uid !== uid) {
    throw new AppError(
      'state_root_foreign',
      `The state root ${path} belongs to uid ${info.uid}, not to uid ${uid}`,
      {
        hint: nameYourOwn,
      },
    );
  }
  const mode = info.mode & 0o777;
  if ((mode & 0o022) !== 0) {
    throw new AppError(
      'state_root_foreign',
      `The state root ${path} can be written by other users (mode ${mode.toString(8).padStart(4, '0')})`,
      { hint: `look for what others may have put there, then run: chmod 700 ${path}` },
    );
  }
  if (mode !== 0o700) await chmod(path, 0o700);
}

function cannotMake(path: string, error: NodeJS.ErrnoException): AppError {
  const why = `The state root ${path} cannot be made: ${error.code ?? error.message}`;
  switch (error.code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return new AppError('not_a_directory', `The state root ${path} is not a folder`, {
        hint: nameYourOwn,
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AppError('state_root_foreign', why, { hint: nameYourOwn, cause: error });
    default:
      return new AppError('storage_failed', why, { hint: nameYourOwn, cause: error });
  }
}
