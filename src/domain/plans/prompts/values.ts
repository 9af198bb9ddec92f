import type { Guidance } from '../machine/state.ts';
import type { PromptEvidence, PromptFacts } from './facts.ts';
import { cutInMiddle, type Material } from './material.ts';

/** A part of a prompt: words that stand in it as they are, or material that is fenced and may be cut. */
export type Piece = string | Material;

/** The longest output of one command, in characters. */
export const maxEvidenceChars = 8000;
/** The longest value that stands within a line, in characters. */
export const maxInlineChars = 1000;
/** The longest title or goal within a line: who writes a plan is not to fill a page that is not theirs. */
export const maxTitleChars = 120;

type Reader = (facts: PromptFacts) => readonly Piece[];

/** What each name of a template stands for; empty where there is nothing. */
const readers = {
  plan: ({ plan }) => inline(plan),
  role: ({ role }) => inline(role),
  title: ({ title }) => titleLine(title),
  goal: ({ goal }) => titleLine(goal),
  base: ({ base }) => inline(base),
  branch: ({ branch }) => inline(branch),
  diff_command: ({ base }) => (base === '' ? [] : inline(`git diff ${quoted(base)}...`)),
  round: ({ round }) => inline(round),
  wave: ({ wave }) => inline(wave),
  task_number: ({ task }) => inline(task?.number ?? null),
  task_title: ({ task }) => titleLine(task?.title ?? null),
  self_fix_max_lines: ({ selfFixMaxLines }) => (selfFixMaxLines > 0 ? inline(selfFixMaxLines) : []),
  content: ({ content }) => material('plan', content),
  task_body: ({ task }) => material('task', task?.body ?? null),
  peers: ({ peers }) =>
    material(
      'tasks',
      peers.map(({ number, title }) => `Task ${number}: ${title}`),
    ),
  feedback: ({ feedback }) => material('feedback', feedback),
  guidance: ({ guidance }) => (guidance === null ? [] : piecesOfDecision(guidance)),
  evidence: ({ evidence }) => evidence.flatMap(piecesOf),
  diff_stat: ({ diffStat }) => material('diff', diffStat),
  answered: ({ isAnswered = false }) => (isAnswered ? inline('yes') : []),
  refusal: ({ refusal }) => material('reason', refusal ?? null),
  conflict: ({ conflict }) => material('files', conflict),
} as const satisfies Record<string, Reader>;

export type ValueName = keyof typeof readers;

/** Every name that a template may use. */
export const valueNames = Object.keys(readers) as readonly ValueName[];

export function isValueName(name: string): name is ValueName {
  return Object.hasOwn(readers, name);
}

/** What a name stands for; nothing when the value is not there. */
export function valueFor(name: ValueName, facts: PromptFacts): readonly Piece[] {
  return readers[name](facts);
}

/** A value within a line; a line end in it would let it look like a part of the prompt. */
function inline(value: string | number | null): readonly Piece[] {
  const text = plain(String(value ?? '')).replaceAll(/\s*[\r\n\u2028\u2029]+\s*/g, ' ');
  return text.trim() === '' ? [] : [cutInMiddle(text, maxInlineChars).replaceAll('\n', ' ')];
}

/** The beginning of what an agent may have written, as a line that can be nothing else. */
function titleLine(text: string | null): readonly Piece[] {
  const line = (text ?? '').replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').replaceAll(/`{3,}|~{3,}/g, '');
  const [...characters] = line.trim();
  const isLong = characters.length > maxTitleChars;
  return inline(isLong ? `${characters.slice(0, maxTitleChars - 1).join('')}…` : characters.join(''));
}

function material(label: string, value: string | readonly string[] | null): readonly Piece[] {
  return setOff(`material ${label}`, typeof value === 'object' ? (value ?? []).join('\n') : value);
}

function setOff(label: string, value: string | null): readonly Piece[] {
  const text = plain(value ?? '');
  return text.trim() === '' ? [] : [{ label, text }];
}

/** The question may be an agent's: only the answer is a person's word. */
function piecesOfDecision({ question, answer }: Guidance): readonly Piece[] {
  const asked = material('question', question);
  const said = setOff('guidance', answer);
  return asked.length === 0
    ? said
    : ['What waited for the decision:\n', ...asked, 'The decision:\n', ...said];
}

function piecesOf({ command, exitCode, output }: PromptEvidence): readonly Piece[] {
  const ended = exitCode === null ? 'ended without an exit code' : `ended with exit code ${exitCode}`;
  const said = output.trim() === '' ? '(no output)' : cutInMiddle(plain(output), maxEvidenceChars);
  const text = `$ ${cutInMiddle(plain(command), maxInlineChars)}\n${said}`;
  return [`This command ${ended}:\n`, { label: 'material output', text }];
}

/** NUL ends the argument of a program, and a prompt may be one. */
function plain(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

/** A word of a shell: names of branches may hold what a shell would act on. */
function quoted(word: string): string {
  return /^[\w./@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
