import { normalize } from 'node:path';
import { type PassingPlaces, passingReason, type RealPath } from './passing.ts';

/** What the capture depends on. */
export type PathWorld = PassingPlaces & {
  readonly realPath: RealPath;
  readonly isFolder: (path: string) => boolean;
};

/** What git, systemd-run and the like are found in, whatever the shell says. */
const basics = ['/usr/local/bin', '/usr/bin', '/bin'];

/**
 * PATH as a service gets it: the folders of this shell's that are absolute, there, and will be there tomorrow, each once
 * and in their order; a folder made for one shell gives way to what it leads to. The folder of the service's Node.js and
 * the system's own follow where they are missing.
 */
export function capturePath(path: string, nodeFolder: string, world: PathWorld): string {
  const folders = new Set<string>();
  for (const entry of path.split(':')) {
    const folder = lasting(entry, world);
    if (folder !== null && world.isFolder(folder)) folders.add(folder);
  }
  folders.add(nodeFolder);
  for (const folder of basics) if (world.isFolder(folder)) folders.add(folder);
  return [...folders].join(':');
}

function lasting(entry: string, world: PathWorld): string | null {
  if (!entry.startsWith('/') || /[\u0000-\u001f\u007f]/.test(entry)) return null;
  const folder = normalize(entry).replace(/(.)\/+$/, '$1');
  if (passingReason(folder, world) === null) return folder;
  const real = world.realPath(folder);
  return real !== null && passingReason(real, world) === null ? real : null;
}
