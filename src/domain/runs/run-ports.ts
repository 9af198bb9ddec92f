import {
  lastPortBaseOfPlace,
  livePortBlocks,
  type PortBlock,
  type RunRow,
  type Sql,
} from '../../foundation/store/index.ts';
import { placeIdOf } from './place.ts';

/** Ports that runs are given blocks of, both ends included; null: none are given. */
export type PortRange = { readonly from: number; readonly to: number; readonly perRun: number };

/** The range of a configuration that was checked: `20000-29999`, or nothing. */
export function parsePortRange(text: string, perRun: number): PortRange | null {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  return from === undefined || to === undefined ? null : { from: Number(from), to: Number(to), perRun };
}

/**
 * The block of ports for a run: what it has, else what its place had before, where that is free, else the first one that
 * no live run has. Null when none is left.
 */
export function choosePorts(
  { from, to, perRun }: PortRange,
  { taken, before }: { readonly taken: readonly PortBlock[]; readonly before: number | null },
): PortBlock | null {
  const isFree = (base: number) =>
    base >= from &&
    base + perRun - 1 <= to &&
    !taken.some((other) => base < other.base + other.count && other.base < base + perRun);
  if (before !== null && isFree(before)) return { base: before, count: perRun };
  for (let base = from; base + perRun - 1 <= to; base += perRun)
    if (isFree(base)) return { base, count: perRun };
  return null;
}

/** The same from the store: call it in the transaction that stores what it gives. */
export function portsFor(sql: Sql, run: RunRow, range: PortRange): PortBlock | null {
  if (run.portBase !== null && run.portCount !== null) return { base: run.portBase, count: run.portCount };
  return choosePorts(range, {
    taken: livePortBlocks(sql),
    before: lastPortBaseOfPlace(sql, placeIdOf(run)),
  });
}
