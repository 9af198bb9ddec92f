import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/index.ts';
import { type Endpoint, parseEndpoint } from '../contract/index.ts';

/** `<state>/daemon.pid`: the pid alone, one line. */
export function pidFilePath(stateRoot: string): string {
  return join(stateRoot, 'daemon.pid');
}

/** `<state>/daemon.json`: the endpoint file. */
export function endpointFilePath(stateRoot: string): string {
  return join(stateRoot, 'daemon.json');
}

/** Writes both files, each whole or not at all. Only the holder of the instance lock may call this. */
export async function writePidFiles(stateRoot: string, endpoint: Endpoint): Promise<void> {
  await writeFileAtomic(pidFilePath(stateRoot), `${endpoint.pid}\n`);
  await writeFileAtomic(endpointFilePath(stateRoot), `${JSON.stringify(endpoint, null, 2)}\n`);
}

/** What the endpoint file says, null when there is none or it is not one. It may tell of a daemon that is gone. */
export function readEndpoint(stateRoot: string): Endpoint | null {
  try {
    return parseEndpoint(readFileSync(endpointFilePath(stateRoot), 'utf8'));
  } catch {
    return null; // absent or unreadable: nobody to name
  }
}

/** Removes both files at a clean stop, unless they tell of another instance. Call it before the lock is released. */
export async function removePidFiles(stateRoot: string, instanceId: string): Promise<void> {
  if (readEndpoint(stateRoot)?.instance_id !== instanceId) return;
  await rm(pidFilePath(stateRoot), { force: true });
  await rm(endpointFilePath(stateRoot), { force: true });
}
