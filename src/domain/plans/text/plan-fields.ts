import type { Block } from './markdown.ts';

/** What a plan says of itself before its first wave. */
export type PlanFields = {
  readonly goal: string | null;
  readonly architecture: string | null;
  readonly techStack: string | null;
};

/** Also with the colon behind the stars, and as an item of a list. */
const field = /^\s*(?:[-*+]\s+)?(\*\*|__)(goal|architecture|tech[ -]?stack)\s*(?::\s*\1|\1\s*:)\s*(.*)$/i;

/** Reads the lines `**Goal:** …` of the blocks that begin before a line; the first of each kind counts. */
export function readFields(
  blocks: readonly Block[],
  { lines, before }: { readonly lines: readonly string[]; readonly before: number },
): PlanFields {
  const found = new Map<string, string>();
  for (const block of blocks) {
    if (block.line >= before) break;
    if (block.kind !== 'paragraph' && block.kind !== 'listed_paragraph') continue;
    for (const line of lines.slice(block.line - 1, block.endLine)) {
      const [, , name = '', value = ''] = field.exec(line) ?? [];
      const key = name.toLowerCase().replace(/^tech.*/, 'stack');
      if (value.trim() !== '' && !found.has(key)) found.set(key, value.trim());
    }
  }
  return {
    goal: found.get('goal') ?? null,
    architecture: found.get('architecture') ?? null,
    techStack: found.get('stack') ?? null,
  };
}
