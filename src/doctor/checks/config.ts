import { statSync } from 'node:fs';
import { type Finding, failure, fine, note } from '../finding.ts';
import type { Situation } from '../situation.ts';

/** The configuration: valid, and read by the daemon. */
export async function checkConfig(situation: Situation): Promise<readonly Finding[]> {
  const { configError, paths, status } = situation;
  if (configError !== null) {
    return [
      failure('config.valid', configError.message, {
        detail: configError.hint ?? '',
        command: `\${EDITOR:-vi} ${paths.config}`,
      }),
    ];
  }
  const info = statSync(paths.config, { throwIfNoEntry: false });
  const found: Finding[] = [
    info === undefined
      ? fine('config.valid', `There is no ${paths.config}, so the defaults hold`)
      : fine('config.valid', `${paths.config} is valid`),
  ];
  if (status === null) return found;
  const used = status.config;
  if (used !== null && used !== paths.config) {
    found.push(note('config.file', `The daemon reads ${used}, and this shell looks at ${paths.config}`));
    return found;
  }
  return found;
}

/** What the journal says of configuration: keys that wait for a restart, or a file that was not read since it changed. */
export function unreadConfig(
  { paths, status, drover }: Situation,
  journal: { readonly readAt: number | null; readonly needsRestart: readonly string[] },
): readonly Finding[] {
  if (status === null) return [];
  const changedAt = statSync(paths.config, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (journal.readAt !== null && changedAt > journal.readAt && status.config === paths.config) {
    return [
      note('config.read', `${paths.config} has changed since the daemon read it`, {
        command: drover('daemon reload'),
      }),
    ];
  }
  if (journal.needsRestart.length === 0) return [];
  return [
    note('config.restart', `Changed keys wait for a restart: ${journal.needsRestart.join(', ')}`, {
      command: drover('daemon restart'),
    }),
  ];
}
