import { parseSignalName, type SignalName } from './name.ts';

/** A file in `processing/`: the id that its signal got when it was claimed, and the name that it had. */
export type ClaimedName = { readonly id: string; readonly name: string; readonly signal: SignalName };

const ulidPattern = /^([0-7][0-9A-HJKMNP-TV-Z]{25})~(.+)$/;

/** The name that a signal gets when it is claimed. */
export function formatClaimedName(id: string, name: string): string {
  return `${id}~${name}`;
}

/** What the name of a claimed file says, or null when no inbox gives such a name. */
export function parseClaimedName(file: string): ClaimedName | null {
  const [, id, name] = ulidPattern.exec(file) ?? [];
  if (id === undefined || name === undefined) return null;
  const signal = parseSignalName(name);
  return signal && { id, name, signal };
}
