import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

/** The units in which the kernel counts in `/proc`. */
export type MachineUnits = { readonly tickMs: number; readonly pageBytes: number };

/** Entries of the auxiliary vector (getauxval(3)). */
const pageSizeEntry = BigInt(6); // no literal: an old Node.js has to read this file to say that it is too old
const ticksPerSecondEntry = BigInt(17);
/** What nearly every machine has, where the vector cannot be read. */
const usual: MachineUnits = { tickMs: 10, pageBytes: 4096 };

let known: MachineUnits | undefined;

/** The units of this machine, which the kernel told this process at its start. */
export function machineUnits(): MachineUnits {
  known ??= readUnits();
  return known;
}

function readUnits(): MachineUnits {
  try {
    return parseUnits(readFileSync('/proc/self/auxv'));
  } catch {
    return usual; // no such file: not Linux, where nothing is counted in these units
  }
}

/** Reads the vector of a 64-bit process: pairs of a kind and a value. */
export function parseUnits(vector: Buffer): MachineUnits {
  const numbers = endianness() === 'LE' ? 'readBigUInt64LE' : 'readBigUInt64BE';
  const values = new Map<bigint, number>();
  for (let at = 0; at + 16 <= vector.length; at += 16)
    values.set(vector[numbers](at), Number(vector[numbers](at + 8)));
  const pageBytes = values.get(pageSizeEntry);
  const ticks = values.get(ticksPerSecondEntry);
  return {
    tickMs: ticks === undefined || ticks === 0 ? usual.tickMs : 1000 / ticks,
    pageBytes: pageBytes === undefined || pageBytes === 0 ? usual.pageBytes : pageBytes,
  };
}
