import { constants } from 'node:fs';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, isAlive } from '../../../base/index.ts';
import { AppError } from '../../../contract/index.ts';
import { runFiles } from './folder.ts';
import { exists, readWho } from './inspect.ts';

/** A full FIFO is tried again after this long, doubling up to the longest. */
const retryMs = { first: 2, longest: 50 };
/** The same for a request for end of input that shows no effect yet. */
const signalMs = { first: 10, longest: 500 };

export type WaitOptions = {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
};

/** The one writer of a run's stdin. Messages keep their order. */
export type RunInput = {
  /**
   * Resolves when the whole message is in the FIFO, which is not yet when the agent has read it. Rejects with
   * `run_ended` when nobody can read it any more, with `timeout` when the agent does not read; `fields.written` says how
   * many bytes went in, and after a message that was cut the next one begins with a newline.
   */
  readonly write: (message: string | Uint8Array, options: Omit<WaitOptions, 'clock'>) => Promise<void>;
  /** After the messages before it. Does not end the agent's input: the launcher holds the FIFO open. */
  readonly close: () => Promise<void>;
};

/**
 * Opens the FIFO of a running run. The first byte is a newline, because an earlier writer may have died in the middle
 * of a line; `isFresh` says that there was none. Throws `run_ended` when nobody holds the other end.
 */
export async function openInput(
  folder: string,
  options: { readonly clock: Clock; readonly isFresh?: boolean },
): Promise<RunInput> {
  let file: FileHandle;
  try {
    file = await open(join(folder, runFiles.fifo), constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw isGone(error) ? noReader(0, error) : error;
  }
  const { clock } = options;
  let isCut = options.isFresh !== true;
  let queue: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  const send = async (message: string | Uint8Array, wait: Omit<WaitOptions, 'clock'>) => {
    const text = Buffer.from(message);
    const bytes = isCut ? Buffer.concat([Buffer.from('\n'), text]) : text;
    const written = await writeAll(file, bytes, { ...wait, clock }).catch((error: unknown) => {
      if (error instanceof AppError) isCut ||= error.fields.written !== 0;
      throw error;
    });
    if (written > 0) isCut = false;
  };
  const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => {}); // the caller has it; the next message must not fail for it
    return turn;
  };
  return {
    write: (message, wait) => enqueue(() => send(message, wait)),
    close: () => {
      if (isClosed) return Promise.resolve();
      isClosed = true;
      return enqueue(() => file.close());
    },
  };
}

/**
 * Asks the launcher to close its end of the FIFO; with our own writer closed, the agent reads what is left and then
 * end of file. Resolves true when it is done, false when the run is over or does not answer by the deadline. The wish
 * is kept in the folder: a launcher that is only starting will find it.
 */
export async function requestEndOfInput(folder: string, options: WaitOptions): Promise<boolean> {
  const { clock, timeoutMs, signal } = options;
  const deadline = clock.monotonic() + timeoutMs;
  await writeFile(join(folder, runFiles.eof), '', { mode: 0o600 });
  for (let waitMs = signalMs.first; ; waitMs = Math.min(waitMs * 2, signalMs.longest)) {
    if (await exists(folder, runFiles.eofDone)) return true;
    const launcher = await readWho(folder, runFiles.launcher);
    if (launcher !== null) {
      if (!(await isAlive(launcher))) return exists(folder, runFiles.eofDone);
      signalIfThere(launcher.pid, 'SIGUSR1');
    }
    if (clock.monotonic() >= deadline) return false;
    await clock.sleep(waitMs, signal);
  }
}

/** Sends a signal to a process that may have ended. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error; // EPERM: the agent became another user (sudo)
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, options: WaitOptions): Promise<number> {
  const { clock, timeoutMs, signal } = options;
  const deadline = clock.monotonic() + timeoutMs;
  let written = 0;
  let waitMs = retryMs.first;
  while (written < bytes.length) {
    try {
      written += (await file.write(bytes, written)).bytesWritten;
      waitMs = retryMs.first;
      continue;
    } catch (error) {
      if (isGone(error)) throw noReader(written, error);
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    if (clock.monotonic() >= deadline || signal?.aborted === true) {
      throw new AppError('timeout', `The agent did not read its input: ${written} of ${bytes.length} bytes`, {
        fields: { written },
      });
    }
    await clock.sleep(waitMs);
    waitMs = Math.min(waitMs * 2, retryMs.longest);
  }
  return written;
}

function isGone(error: unknown): boolean {
  return ['EPIPE', 'ENXIO', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function noReader(written: number, cause: unknown): AppError {
  return new AppError('run_ended', 'The run reads no input any more', { cause, fields: { written } });
}
