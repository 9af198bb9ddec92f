/** Text of others that goes into a prompt: set off in a fence, and cut where there is too much of it. */
export type Material = {
  /** What it is, in a word behind the fence. */
  readonly label: string;
  readonly text: string;
};

/** A fence beyond this is no help to a reader. */
const maxFence = 40;

/** The text in a fence that is longer than any in it, so that nothing in it ends it. */
export function fenced({ label, text }: Material): string {
  const backticks = longestRun(text, /`+/g);
  const tildes = longestRun(text, /~+/g);
  const both = Math.max(2, backticks, tildes) + 1;
  const fence = both <= maxFence || backticks <= tildes ? '`' : '~';
  const length = both <= maxFence ? both : Math.max(2, Math.min(backticks, tildes)) + 1;
  const line = fence.repeat(length);
  return `${line}${label}\n${text}${text.endsWith('\n') ? '' : '\n'}${line}\n`;
}

/** The text with its middle left out, and said so, where it is longer than `max` characters. */
export function cutInMiddle(text: string, max: number): string {
  if (text.length <= max) return text;
  const note = (left: number) => `\n[... ${left} characters are left out here ...]\n`;
  const kept = Math.max(0, max - note(text.length).length);
  const start = endOfCharacter(text, Math.ceil(kept / 2));
  const end = startOfCharacter(text, text.length - Math.floor(kept / 2));
  return `${text.slice(0, start)}${note(end - start)}${text.slice(end)}`;
}

function longestRun(text: string, runs: RegExp): number {
  let longest = 0;
  for (const [run] of text.matchAll(runs)) longest = Math.max(longest, run.length);
  return longest;
}

/** `index`, or one less where a character of two units would be cut. */
function endOfCharacter(text: string, index: number): number {
  return isLowSurrogate(text.charCodeAt(index)) ? Math.max(0, index - 1) : index;
}

function startOfCharacter(text: string, index: number): number {
  return isLowSurrogate(text.charCodeAt(index)) ? index + 1 : index;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
