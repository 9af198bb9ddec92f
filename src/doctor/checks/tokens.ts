import { lstatSync } from 'node:fs';
import { isAppError } from '../../contract/index.ts';
import { readTokenFile } from '../../foundation/tokens/index.ts';
import { type Finding, failure, fine, shellWord } from '../finding.ts';
import { closeToOthers } from '../modes.ts';
import type { Situation } from '../situation.ts';

/** The files of tokens: there, ours, closed to others. What they hold is never shown. */
export async function checkTokens({ config, world }: Situation): Promise<readonly Finding[]> {
  if (config === null) return [];
  const { uid } = world.machine;
  const files = [
    { kind: 'admin', path: config.auth.admin_token_file },
    { kind: 'read-only', path: config.auth.readonly_token_file },
  ] as const;
  return files
    .filter(({ path }) => path !== '')
    .map(({ kind, path }) => {
      try {
        readTokenFile({ kind, path, uid });
        return fine('tokens.file', `The ${kind} token file ${path} is readable by you alone`);
      } catch (error) {
        if (!isAppError(error)) throw error;
        const info = lstatSync(path, { throwIfNoEntry: false });
        const isOpen = info?.isFile() === true && info.uid === uid && (info.mode & 0o077) !== 0;
        return failure('tokens.file', error.message, {
          detail: error.hint ?? '',
          command: isOpen ? `chmod 600 ${shellWord(path)}` : null,
          fix: isOpen ? () => closeToOthers([path], uid) : null,
        });
      }
    });
}
