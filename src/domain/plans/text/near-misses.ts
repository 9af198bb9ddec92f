import { isLikeTask, isLikeWave } from './headings.ts';
import type { Block } from './markdown.ts';
import type { PlanProblem } from './problem.ts';

type Source = { readonly lines: readonly string[]; readonly blocks: readonly Block[] };

const hashes = /^\s*#+\s*(?=\S)/;
const emphasised = /^\s*(?:(\*{1,3})([^*]+)\1|(_{1,3})([^_]+)\3)(.*)$/;
const separated = /[:：‐-―−-]\s*$/;
const separates = /^\s*(?:$|[:：‐-―−-])/;

/** Lines that were meant to be headings of waves or tasks and are not, as Markdown goes. */
export function findNearMisses({ lines, blocks }: Source): readonly PlanProblem[] {
  const problems: PlanProblem[] = [];
  const isWithoutHeadings = blocks.every(({ kind }) => kind !== 'heading');
  for (const block of blocks) {
    const own = lines.slice(block.line - 1, block.endLine);
    const message = ofBlock(block, { own, isOpen: isOpen(block, own), isWithoutHeadings });
    if (message !== null) problems.push({ line: block.line, message });
    for (const [offset, line] of own.entries()) {
      const about = ofLine(line, block);
      if (about !== null) problems.push({ line: block.line + offset, message: about });
    }
  }
  return problems;
}

type BlockFacts = {
  readonly own: readonly string[];
  readonly isOpen: boolean;
  readonly isWithoutHeadings: boolean;
};

function ofBlock(block: Block, { own, isOpen, isWithoutHeadings }: BlockFacts): string | null {
  switch (block.kind) {
    case 'listed_heading':
      if (!isLike(block.text)) return null;
      return 'A heading within a list is none of the plan: write it at the beginning of a line, without a mark of a list';
    case 'fence':
      if (!own.some(isLikeHeading)) return null;
      if (isOpen) return 'This fence of code is never closed, and headings of the plan are in it: close it';
      if (isWithoutHeadings) return 'The plan is in a fence of code: write it without the fence';
      return null;
    case 'html':
      if (!isOpen || !own.some(isLikeHeading)) return null;
      return 'This comment is never closed, and headings of the plan are in it: close it with -->';
    case 'paragraph': {
      const [line = ''] = own;
      if (own.length > 1 || !/^\s*wave[\s\d]/i.test(line) || !isPlainWave(line)) return null;
      return `A wave is a heading: write "## ${line.trim().slice(0, 60)}", or a sentence that begins with another word`;
    }
    default:
      return null;
  }
}

function ofLine(line: string, { kind }: Block): string | null {
  if (kind === 'indented_code') {
    return isLikeHeading(line) ? 'This line is code because of its indent: begin it with the hashes' : null;
  }
  if (kind !== 'paragraph') return null;
  if (isLikeHeading(line)) {
    return 'This line is no heading: begin it with one to six hashes and a space, as in "## Wave 1" and "### Task 1: title"';
  }
  const [, , starred, , underscored, rest = ''] = emphasised.exec(line) ?? [];
  const bold = (starred ?? underscored ?? '').trim();
  if (!isLike(bold) || !(separates.test(rest) || separated.test(bold))) return null;
  const hash = isLikeWave(bold) ? '##' : '###';
  const text = `${bold}${rest}`.trim().replace(/[:：]$/, '');
  return `A bold line is no heading: write "${hash} ${text.slice(0, 60)}", or begin the line with another word`;
}

/** Hashes, with a space or without one, and a wave or a task behind them. */
function isLikeHeading(line: string): boolean {
  const start = hashes.exec(line)?.[0];
  return start !== undefined && isLike(line.slice(start.length));
}

function isLike(text: string): boolean {
  return isLikeWave(text) || isLikeTask(text);
}

/** `Wave 1` or `Wave 1: Base`, and no sentence about it. */
function isPlainWave(line: string): boolean {
  return isLikeWave(line) && /^\s*wave\s*\w+\s*(?:$|[:：‐-―−-])/i.test(line);
}

/** Whether a block goes on to the end of the document only because nothing closes it. */
function isOpen({ kind }: Block, own: readonly string[]): boolean {
  if (kind === 'html') return /^ {0,3}<!--/.test(own[0] ?? '') && !own.some((line) => line.includes('-->'));
  const mark = /^ {0,3}(`{3,}|~{3,})/.exec(own[0] ?? '')?.[1];
  const last = own.length < 2 ? '' : (own.at(-1) ?? '').trim();
  return mark !== undefined && !(last.length >= mark.length && last === (mark[0] ?? '').repeat(last.length));
}
