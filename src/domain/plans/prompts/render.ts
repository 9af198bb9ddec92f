import type { AskFacts, PromptFacts } from './facts.ts';
import { cutInMiddle, fenced } from './material.ts';
import { signalBlock } from './signal-block.ts';
import { parseTemplate, type TemplateNode } from './template.ts';
import { askTemplate, defaultTemplates } from './templates.ts';
import { type Piece, valueFor } from './values.ts';

export type { AskFacts, PromptEvidence, PromptFacts, PromptSignal } from './facts.ts';

/** The longest prompt, in characters. */
export const maxPromptChars = 200_000;
/** The longest template of a repository, in characters. */
export const maxTemplateChars = 64 * 1024;

/**
 * The prompt of an agent: its role's template, or a trusted repository's own in its place, and behind it how to signal,
 * which no template can leave out. Throws when `checkTemplate` has something to say of the template.
 */
export function renderPrompt(facts: PromptFacts, template?: string): { readonly text: string } {
  const parsed = parseTemplate(template ?? defaultTemplates[facts.role]);
  if (!parsed.ok) throw new Error(`The template of a prompt cannot be used: ${parsed.problem}`);
  const block = signalBlock(facts);
  const pieces = piecesOf(parsed.nodes, facts);
  return { text: `${fitted(pieces, maxPromptChars - block.length - 2).trim()}\n\n${block}` };
}

/** The question to an agent whose run ended without its signal. Throws as `renderPrompt` does. */
export function renderAsk(facts: AskFacts, template = askTemplate): string {
  return renderPrompt({ ...nothing, ...facts, title: facts.plan }, template).text;
}

/** What an agent knows already when it is asked. */
const nothing = {
  goal: null,
  content: '',
  base: '',
  branch: '',
  round: 1,
  wave: null,
  task: null,
  peers: [],
  feedback: null,
  evidence: [],
  diffStat: null,
  selfFixMaxLines: 0,
} as const;

/** What is wrong with a template, in a sentence; null when it can be used. */
export function checkTemplate(text: string): string | null {
  if (text.trim() === '') return 'The template is empty: write what the agent is to do';
  if (text.length > maxTemplateChars) {
    return `The template has ${text.length} characters, more than the ${maxTemplateChars} that it may have`;
  }
  const parsed = parseTemplate(text);
  if (!parsed.ok) return parsed.problem;
  const line = openFenceAt(text);
  if (line === null) return null;
  return `The fence of code in line ${line} is never closed: what drover adds would be part of it`;
}

function piecesOf(nodes: readonly TemplateNode[], facts: PromptFacts): readonly Piece[] {
  return nodes.flatMap((node): readonly Piece[] => {
    if (node.kind === 'text') return [node.text];
    const value = valueFor(node.name, facts);
    if (node.kind === 'value') return value;
    return (value.length === 0) === node.isUnless ? piecesOf(node.nodes, facts) : [];
  });
}

/** All pieces within `max` characters: of the longest material so much is cut that the whole fits. */
function fitted(pieces: readonly Piece[], max: number): string {
  const whole = joined(pieces, Infinity);
  if (whole.length <= max) return whole;
  let fits = 0;
  let tooLong = max;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (joined(pieces, middle).length <= max) fits = middle;
    else tooLong = middle;
  }
  return cutInMiddle(joined(pieces, fits), max);
}

/** The pieces one behind the other, a fence always on lines of its own; material is cut beyond `maxMaterial`. */
function joined(pieces: readonly Piece[], maxMaterial: number): string {
  const parts: string[] = [];
  let isAtLineStart = true;
  for (const [index, piece] of pieces.entries()) {
    if (typeof piece === 'string') {
      const previous = pieces[index - 1];
      // A fence brings its line end along.
      const text = typeof previous === 'object' ? piece.replace(/^[ \t]*\n/, '') : piece;
      parts.push(text);
      if (text !== '') isAtLineStart = text.endsWith('\n');
    } else {
      if (!isAtLineStart) parts.push('\n');
      parts.push(fenced({ label: piece.label, text: cutInMiddle(piece.text, maxMaterial) }));
      isAtLineStart = true;
    }
  }
  return parts.join('');
}

/** The line of a fence of code that nothing closes. */
function openFenceAt(text: string): number | null {
  let open: { readonly fence: string; readonly line: number } | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const [, fence, rest] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line.trimEnd()) ?? [];
    if (fence === undefined || rest === undefined) continue;
    if (open === null) open = { fence, line: index + 1 };
    else if (rest === '' && fence.startsWith(open.fence)) open = null;
  }
  return open?.line ?? null;
}
