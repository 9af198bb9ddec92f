import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../base/index.ts';
import { runFiles } from './folder.ts';
import { exists, inspectRunFolder, type RunFolderState, voidedMark } from './inspect.ts';

/** How often a launch that has not settled is looked at. */
const pollMs = 5;

/**
 * Makes sure that nothing is ever started from this folder any more, by claiming it or by taking the fence `go` before
 * its launcher does. `started`: too late, the launcher had the fence first. The environment file is removed.
 */
export async function voidLaunch(folder: string): Promise<'voided' | 'started'> {
  const isClaimedByUs = await makeOnce(folder, runFiles.claim);
  const isFenceOurs = await makeOnce(folder, runFiles.go);
  if (isFenceOurs) await writeFile(join(folder, voidedMark), '', { mode: 0o600 });
  const isVoided = isClaimedByUs || isFenceOurs || (await exists(folder, voidedMark));
  if (isVoided) await rm(join(folder, runFiles.env), { force: true });
  return isVoided ? 'voided' : 'started';
}

/**
 * Waits until a launch shows who it is (or has ended), and voids it when it has not by the deadline: what is returned
 * is `running`, `ended` or `vanished`.
 */
export async function settleLaunch(
  folder: string,
  options: { readonly clock: Clock; readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<RunFolderState> {
  const { clock, timeoutMs, signal } = options;
  const deadline = clock.monotonic() + timeoutMs;
  let wasVoided = false;
  for (;;) {
    const state = await inspectRunFolder(folder);
    if (state.kind !== 'unclaimed' && state.kind !== 'claimed') return state;
    if (!wasVoided && clock.monotonic() >= deadline) {
      wasVoided = true;
      await voidLaunch(folder);
    } else await clock.sleep(pollMs, signal);
  }
}

async function makeOnce(folder: string, name: string): Promise<boolean> {
  try {
    await mkdir(join(folder, name), { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
