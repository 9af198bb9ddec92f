import type { Heading, RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { simplified } from './simplified.ts';

/** A part of a document's outermost level, or of a list there. Lines count from 1; `endLine` is its last one. */
export type Block = { readonly line: number; readonly endLine: number } & (
  | {
      readonly kind: 'heading';
      readonly level: number;
      /** As the source has it, without hashes or underline. */
      readonly text: string;
      readonly isUnderlined: boolean;
    }
  | { readonly kind: 'listed_heading'; readonly text: string }
  | { readonly kind: 'paragraph' | 'listed_paragraph' | 'indented_code' | 'fence' | 'html' }
);

export type Blocks = {
  readonly blocks: readonly Block[];
  /** Where a paragraph, quote or item of a list begins that is too long to be read; what follows was not looked at. */
  readonly tooLongAt: number | null;
};

/** The longest paragraph, quote or item of a list, in lines. Code may be longer. */
export const maxBlockLines = 500;

/** Lines that are read at once: the parser takes more than its share of time for many blocks. */
const portionLines = 64;

/** Nothing within a line matters here: emphasis, links and code stay as they are written. */
const blocksOnly = {
  disable: {
    null: [
      'attention',
      'autolink',
      'characterEscape',
      'characterReference',
      'codeText',
      'hardBreakEscape',
      'htmlText',
      'labelEnd',
      'labelStartImage',
      'labelStartLink',
    ],
  },
};

/**
 * The blocks of a Markdown document, in time that grows with its length only. It is read in portions: what a portion's
 * last block is, the lines behind it may still change, so the next portion begins with that block.
 */
export function readBlocks(lines: readonly string[]): Blocks {
  const plain = lines.map(simplified);
  const blocks: Block[] = [];
  let start = 0;
  let size = portionLines;
  while (start < lines.length) {
    const end = Math.min(start + size, lines.length);
    const isEnd = end === lines.length;
    const text = `${plain.slice(start, end).join('\n')}${isEnd ? '' : '\n'}`;
    const nodes = fromMarkdown(text, { extensions: [blocksOnly] }).children;
    const open = isEnd ? null : lastThatMayGoOn(nodes);
    if (open === null || open.line > 1) {
      const portion = { lines, blocks, offset: start, before: open?.line ?? Infinity };
      for (const node of nodes) collect(node, portion);
      start = open === null ? end : start + open.line - 1;
      size = portionLines;
    } else if (open.mayGrow || (open.isList ? size : open.length) <= maxBlockLines) {
      size *= 2;
    } else {
      return { blocks, tooLongAt: start + 1 };
    }
  }
  return { blocks, tooLongAt: null };
}

/** `mayGrow`: as long as it likes. `length`: in lines, without the empty ones behind it. */
type Open = {
  readonly line: number;
  readonly length: number;
  readonly isList: boolean;
  readonly mayGrow: boolean;
};

/** Where reading has to begin again: at the last block; of a list, at its last item. */
function lastThatMayGoOn(nodes: readonly RootContent[]): Open | null {
  // A definition may take the paragraph behind it for its title.
  const node = nodes.at(-2)?.type === 'definition' ? nodes.at(-2) : nodes.at(-1);
  if (node === undefined) return null;
  const isList = node.type === 'list';
  const { line, endLine } = linesOf(isList ? (node.children.at(-1) ?? node) : node);
  const mayGrow = node.type === 'code' || node.type === 'html';
  return { line, length: endLine - line + 1, isList, mayGrow };
}

/** How a fence of code begins. */
const fence = /^ {0,3}(?:`{3}|~{3})/;

type Collecting = {
  readonly lines: readonly string[];
  readonly blocks: Block[];
  /** Lines before this portion. */
  readonly offset: number;
  /** What begins here, in lines of the portion, is read again with the next one. */
  readonly before: number;
};

function collect(node: RootContent, portion: Collecting, isListed = false): void {
  const { lines, blocks, offset, before } = portion;
  const { line, endLine } = linesOf(node);
  if (line >= before) return;
  const place = { line: offset + line, endLine: offset + endLine };
  switch (node.type) {
    case 'heading': {
      const text = textOf(node);
      if (isListed) blocks.push({ kind: 'listed_heading', text, ...place });
      else blocks.push({ kind: 'heading', level: node.depth, text, isUnderlined: endLine > line, ...place });
      break;
    }
    case 'paragraph':
      blocks.push({ kind: isListed ? 'listed_paragraph' : 'paragraph', ...place });
      break;
    case 'code':
      if (!isListed)
        blocks.push({
          kind: fence.test(lines[offset + line - 1] ?? '') ? 'fence' : 'indented_code',
          ...place,
        });
      break;
    case 'html':
      if (!isListed) blocks.push({ kind: 'html', ...place });
      break;
    case 'list':
      for (const item of node.children) {
        for (const child of item.children) collect(child, portion, true);
      }
      break;
    default: // a quote is text, and the rest has none
  }
}

function linesOf({ position }: RootContent): { readonly line: number; readonly endLine: number } {
  return { line: position?.start.line ?? 1, endLine: position?.end.line ?? 1 };
}

/** Of a heading over several lines that are underlined, one line. */
function textOf({ children }: Heading): string {
  const parts = children.map((child) => ('value' in child ? child.value : ' '));
  return parts.join('').replaceAll('\n', ' ').trim();
}
