import { detachedVariable } from '../../base/index.ts';
import { serviceVariable } from '../names.ts';
import type { InstalledSpec } from '../types.ts';
import { type PlistDict, PlistError, type PlistValue, parsePlist } from './plist.ts';

/** What an agent's file says: the spec it was rendered from, and where its errors go. */
export type InstalledAgent = { readonly spec: InstalledSpec; readonly errors: string | null };

const startWords = ['daemon', 'start', '--foreground'];
/** What every agent has, whatever the person's environment was. */
const ownVariables: readonly string[] = ['PATH', 'USER', 'LOGNAME', serviceVariable, detachedVariable];

/** Reads an agent's file back; null when it is not one that drover could have written, even edited. */
export function readAgent(text: string): InstalledAgent | null {
  const dict = parsed(text);
  const [node, program, ...rest] = strings(dict?.get('ProgramArguments'));
  const variables = dict?.get('EnvironmentVariables');
  if (!node?.startsWith('/') || !program?.startsWith('/') || !(variables instanceof Map)) return null;
  if (startWords.some((word, index) => rest[index] !== word)) return null;
  const all = [...(variables as PlistDict)].filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string';
  });
  const errors = dict?.get('StandardErrorPath');
  return {
    spec: {
      node,
      program,
      args: rest.slice(startWords.length),
      path: all.find(([name]) => name === 'PATH')?.[1] ?? '',
      environment: Object.fromEntries(all.filter(([name]) => !ownVariables.includes(name))),
      socketActivation: false,
    },
    errors: typeof errors === 'string' ? errors : null,
  };
}

function parsed(text: string): PlistDict | null {
  try {
    return parsePlist(text);
  } catch (error) {
    if (error instanceof PlistError) return null; // edited into something else, or binary
    throw error;
  }
}

function strings(value: PlistValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
