import { setImmediate } from 'node:timers/promises';
import {
  bootId,
  type ControlGroup,
  type GroupUsage,
  listGroup,
  type ProcessRow,
  readGroupUsage,
} from '../../../base/index.ts';
import { lookFor, membersOf, type ReadMarks, readMarks, readTree, type Tree } from './members.ts';
import { unitGroups } from './systemd.ts';

/** What is seen of a run's tree at one look, without its launcher. */
export type TreeUsage = {
  /** The agent's process; null when it is not there. */
  readonly agentPid: number | null;
  /** Its processes in the run's unit, and the others: all of them where there is none. */
  readonly inside: readonly ProcessRow[];
  readonly outside: readonly ProcessRow[];
  /** What the unit has counted. */
  readonly unit: GroupUsage;
};

/** Looks at the trees of many runs at once. */
export type TreeReader = {
  /** By folder. A run that shows no launcher yet, or none of this boot, is left out. */
  readonly read: (folders: readonly string[]) => Promise<ReadonlyMap<string, TreeUsage>>;
};

/** Makes a reader. It keeps what cannot change: who the launcher and the agent are, and the marks of processes. */
export function createTreeReader(): TreeReader {
  const trees = new Map<string, Tree>();
  const groups = new Map<string, readonly ControlGroup[]>();
  const cachedMarks = createMarkCache();

  const treeOf = async (folder: string): Promise<Tree> => {
    const known = trees.get(folder);
    if (known !== undefined) return known;
    const tree = await readTree(folder);
    if (tree.agent !== null) trees.set(folder, tree);
    return tree;
  };
  const groupsOf = (tree: Tree): readonly ControlGroup[] => {
    if (!tree.hasUnit || tree.launcher === null) return [];
    const known = groups.get(tree.folder);
    if (known !== undefined) return known;
    const found = unitGroups(tree.launcher.pid, tree.runId);
    if (found.length > 0) groups.set(tree.folder, found);
    return found;
  };

  return {
    read: async (folders) => {
      forgetOthers(trees, folders);
      forgetOthers(groups, folders);
      const boot = await bootId();
      const asked = await Promise.all(folders.map(treeOf));
      const live = asked.filter((tree) => tree.launcher?.bootId === boot);
      if (live.length === 0) return new Map();
      const look = await lookFor(live, cachedMarks);
      const usages = new Map<string, TreeUsage>();
      for (const tree of live) {
        await setImmediate(); // each goes through all processes: others get their turn between two
        const unit = groupsOf(tree);
        const inUnit = await listGroup(unit);
        const members = membersOf(tree, look, inUnit).filter((row) => row.pid !== tree.launcher?.pid);
        usages.set(tree.folder, {
          agentPid: members.some((row) => isAgent(row, tree)) ? (tree.agent?.pid ?? null) : null,
          inside: members.filter((row) => inUnit.has(row.pid)),
          outside: members.filter((row) => !inUnit.has(row.pid)),
          unit: await readGroupUsage(unit),
        });
      }
      return usages;
    },
  };
}

function isAgent(row: ProcessRow, { agent }: Tree): boolean {
  return !row.isZombie && row.pid === agent?.pid && row.startTime === agent.startTime;
}

function forgetOthers(kept: Map<string, unknown>, folders: readonly string[]): void {
  const asked = new Set(folders);
  for (const folder of kept.keys()) if (!asked.has(folder)) kept.delete(folder);
}

/**
 * Reads the marks of each process once: they are in the environment and the limits that its program was started with. Those
 * of a process that becomes another program may change; by then it is known as one of the tree, and stays it.
 */
function createMarkCache(): ReadMarks {
  type Known = { readonly mark: string | undefined; readonly limit: bigint | undefined };
  let known = new Map<string, Known>();
  const keyOf = (row: ProcessRow) => `${row.pid} ${row.startTime}`;
  return async (rows) => {
    const found = await readMarks(rows.filter((row) => !known.has(keyOf(row))));
    const environment = new Map<number, string>();
    const limits = new Map<number, bigint>();
    const next = new Map<string, Known>();
    for (const row of rows) {
      const { pid } = row;
      const { mark, limit } = known.get(keyOf(row)) ?? {
        mark: found.environment.get(pid),
        limit: found.limits.get(pid),
      };
      next.set(keyOf(row), { mark, limit });
      if (mark !== undefined) environment.set(pid, mark);
      if (limit !== undefined) limits.set(pid, limit);
    }
    known = next;
    return { environment, limits };
  };
}
