import { basename } from 'node:path';

const maxNameChars = 60;

/** The display name that a path suggests: its basename in letters (of any script), digits, dots and dashes. */
export function suggestName(path: string): string {
  const plain = basename(path)
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '');
  return [...plain].slice(0, maxNameChars).join('') || 'repo';
}

/** `name`, else `name-2`, `name-3`…: the first that is free. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  for (let number = 2; ; number += 1) {
    const candidate = `${name}-${number}`;
    if (!isTaken(candidate)) return candidate;
  }
}

const maxSlugChars = 32;

/** `drover/<short-id>-<slug>`: the last 8 characters of the run's id and what its label or prompt begins with. */
export function branchName(runId: string, text: string): string {
  const slug = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, maxSlugChars)
    .replace(/-$/, '');
  const shortId = runId.slice(-8).toLowerCase();
  return slug === '' ? `drover/${shortId}` : `drover/${shortId}-${slug}`;
}
