import type { Situation } from './situation.ts';

/** Gives a variable to everything that the user manager starts, in a file that only its owner can read. */
export function handOver({ manager, drover }: Situation, variable: string): string {
  if (manager?.kind === 'launchd')
    return `launchctl setenv ${variable} "$${variable}"; ${drover('daemon restart')}`;
  const folder = '~/.config/environment.d';
  return `(umask 077; mkdir -p ${folder}; printf '%s\\n' "${variable}=$${variable}" >> ${folder}/60-drover.conf); systemctl --user daemon-reload; ${drover('daemon restart')}`;
}
