import type { ProfileReport } from '../profiles/index.ts';
import { escapeLine } from './escape.ts';
import type { Style } from './style.ts';
import { formatTable } from './table.ts';

/** The profiles as a table, and below it what is to be said of one of them. */
export function formatProfiles(profiles: readonly ProfileReport[], style: Style): string {
  const hasServer = profiles.some(({ server }) => server !== null);
  const serverHeadings = hasServer ? [{ heading: 'SERVER' }, { heading: 'HOST' }] : [];
  const statusColumn = 1;
  const table = formatTable(
    [
      { heading: 'PROFILE' },
      { heading: 'STATUS' },
      { heading: 'PID', alignRight: true },
      { heading: 'VERSION' },
      ...serverHeadings,
      { heading: 'SERVICE' },
      { heading: 'CONFIG' },
      { heading: 'ENDPOINT' },
    ],
    profiles.map((profile) => [
      profile.name,
      profile.status.replace('_', ' '),
      profile.pid === null ? '-' : String(profile.pid),
      profile.version === null ? '-' : escapeLine(profile.version),
      ...(hasServer ? [escapeLine(profile.server ?? '-'), escapeLine(profile.host ?? '-')] : []),
      profile.service === null ? '-' : escapeLine(profile.service.unit),
      escapeLine(profile.config ?? 'defaults'),
      escapeLine([profile.socket, profile.address ?? ''].filter((text) => text !== '').join(' and ')),
    ]),
    (text, row, column) => (column === statusColumn ? paintOf(profiles[row], style)(text) : text),
  );
  const reasons = profiles
    .filter(({ reason }) => reason !== null)
    .map(({ name, reason }) => `${name}: ${escapeLine(reason ?? '')}\n`);
  return table + (reasons.length === 0 ? '' : `\n${reasons.join('')}`);
}

function paintOf(profile: ProfileReport | undefined, style: Style): (text: string) => string {
  if (profile?.status === 'running') return style.green;
  if (profile?.status === 'failed' || profile?.status === 'broken') return style.red;
  return profile?.status === 'not_running' ? (text) => text : style.yellow;
}
