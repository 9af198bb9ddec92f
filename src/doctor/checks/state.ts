import { lstatSync, type Stats, statSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolders } from '../../base/index.ts';
import { type Finding, failure, fine, note, shellWord, someOf, warning } from '../finding.ts';
import { closeToOthers, formatMode } from '../modes.ts';
import type { Situation } from '../situation.ts';

/** Entries that are looked at: enough for years, and an end for a folder that somebody filled. */
const maxEntries = 50_000;

type Seen = { readonly path: string; readonly info: Stats };

/** The state root and drover's own files in it: ours, and closed to others. What agents made is theirs. */
export async function checkState({ paths, world, drover }: Situation): Promise<readonly Finding[]> {
  const root = paths.stateRoot;
  const { uid } = world.machine;
  const info = statSync(root, { throwIfNoEntry: false });
  if (info === undefined) {
    const link = lstatSync(root, { throwIfNoEntry: false });
    if (link !== undefined)
      return [failure('state.root', `The state root ${root} is a link that leads nowhere`)];
    return [
      note('state.root', `The state root ${root} does not exist yet`, {
        command: drover('daemon start'),
        fix: async () => {
          makePrivateFolders(root);
          return `made ${root}`;
        },
      }),
    ];
  }
  if (!info.isDirectory()) return [failure('state.root', `The state root ${root} is not a folder`)];
  if (info.uid !== uid) {
    return [
      failure('state.root', `The state root ${root} belongs to uid ${info.uid}, not to uid ${uid}`, {
        detail: 'The daemon refuses to start there. Nothing in it was looked at.',
      }),
    ];
  }
  const seen = await entriesOf(root);
  return [
    ...judgeRoot({ path: root, info }, uid),
    ...judgeLinks(seen),
    ...judgeOwners(seen, uid, root),
    ...judgeModes(seen, uid),
    ...(seen.length >= maxEntries
      ? [note('state.entries', `Only the first ${maxEntries} entries of ${root} were looked at`)]
      : []),
  ];
}

function judgeRoot({ path, info }: Seen, uid: number): readonly Finding[] {
  if ((info.mode & 0o777) === 0o700) return [fine('state.root', `${path} is yours alone`)];
  const title = `The state root ${path} has mode ${formatMode(info.mode)}, not 0700`;
  const rest = { command: `chmod 700 ${shellWord(path)}` };
  if ((info.mode & 0o022) !== 0) {
    const detail = 'Others may have put something there: look first. The daemon refuses to start.';
    return [failure('state.root', title, { ...rest, detail })];
  }
  const fix = lstatSync(path).isSymbolicLink() ? null : () => closeToOthers([path], uid);
  return [warning('state.root', title, { ...rest, fix })];
}

function judgeLinks(seen: readonly Seen[]): readonly Finding[] {
  const links = seen.filter(({ info }) => info.isSymbolicLink()).map(({ path }) => path);
  if (links.length === 0) return [];
  return [
    warning('state.links', `There are links in the state root: ${someOf(links)}`, {
      detail: 'drover makes none there. Link the state root itself when the state is to lie elsewhere.',
    }),
  ];
}

function judgeOwners(seen: readonly Seen[], uid: number, root: string): readonly Finding[] {
  const foreign = seen.filter(({ info }) => info.uid !== uid).map(({ path }) => path);
  if (foreign.length === 0) return [];
  return [
    failure('state.owner', `Files in the state root belong to somebody else: ${someOf(foreign)}`, {
      detail: 'A drover that was run with sudo leaves such files. The daemon cannot write them.',
      command: `sudo chown -R --no-dereference ${uid} ${shellWord(root)}`,
    }),
  ];
}

function judgeModes(seen: readonly Seen[], uid: number): readonly Finding[] {
  const wrong = seen.filter(({ info }) => {
    if (info.uid !== uid || (!info.isDirectory() && !info.isFile())) return false;
    const needed = info.isDirectory() ? 0o700 : 0o600;
    return (info.mode & 0o077) !== 0 || (info.mode & needed) !== needed;
  });
  if (wrong.length === 0) return [fine('state.modes', 'Files and folders in it are closed to others')];
  const paths = wrong.map(({ path }) => path);
  const shown = wrong.slice(0, 3).map(({ path, info }) => `${path} (${formatMode(info.mode)})`);
  return [
    warning(
      'state.modes',
      `Modes are not 0600 and 0700 in the state root: ${someOf([...shown, ...paths.slice(3)])}`,
      {
        command: chmodCommand(paths),
        fix: () => closeToOthers(paths, uid),
      },
    ),
  ];
}

function chmodCommand(paths: readonly string[]): string {
  return paths.length <= 3 ? `chmod go= ${paths.map(shellWord).join(' ')}` : 'drover doctor --fix';
}

/** What drover itself made: the root's own entries, logs, and the folders of runs with their files. */
async function entriesOf(root: string): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const list = async (folder: string): Promise<Seen[]> => {
    const found: Seen[] = [];
    const entries = await opendir(folder).catch(() => null);
    if (entries === null) return found; // gone, or closed to ourselves: its own mode tells
    for await (const { name } of entries) {
      if (seen.length + found.length >= maxEntries) break;
      const path = join(folder, name);
      const info = lstatSync(path, { throwIfNoEntry: false });
      if (info !== undefined) found.push({ path, info });
    }
    seen.push(...found);
    return found;
  };
  const top = await list(root);
  const isOpen = (name: string) =>
    top.some(({ path, info }) => path === join(root, name) && info.isDirectory());
  for (const name of ['logs', 'scratch', 'worktrees']) if (isOpen(name)) await list(join(root, name));
  if (!isOpen('runs')) return seen;
  for (const { path, info } of await list(join(root, 'runs'))) if (info.isDirectory()) await list(path);
  return seen;
}
