import { readKernelText } from './kernel-text.ts';

/** The pid that was given last; null where the system does not tell. */
export function newestPid(): number | null {
  const pid = Number(readKernelText('/proc/loadavg').trimEnd().split(' ').at(-1));
  return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
}

/** The hard limit of file locks of a process; null when it has none, is gone, or the system does not tell. */
export function readLockLimit(pid: number): bigint | null {
  const [, hard] = /^Max file locks +\S+ +(\d+) /m.exec(readKernelText(`/proc/${pid}/limits`)) ?? [];
  return hard === undefined ? null : BigInt(hard);
}
