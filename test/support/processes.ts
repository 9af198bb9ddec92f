import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Living processes whose command line or environment names `folder`; none can be seen without /proc. */
export function processesOf(folder: string): { readonly pid: number; readonly command: string }[] {
  const found: { pid: number; command: string }[] = [];
  if (!existsSync('/proc/self')) return found;
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
      if (`${command} ${environment}`.includes(folder)) found.push({ pid: Number(name), command });
    } catch {
      // it ended while we looked
    }
  }
  return found;
}
