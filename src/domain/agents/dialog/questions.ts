import { oneLine } from '../bounded.ts';
import { parseFields } from '../fields.ts';
import type { ApprovalAnswer, Request } from './work.ts';

/** Questions and choices beyond this many are not read. */
export const maxQuestions = 32;

/** One question of an agent, under the name that its answer goes by. */
export type Question = {
  readonly name: string;
  readonly text: string;
  readonly choices: readonly { readonly label: string; readonly description: string | null }[];
};

/** Questions as one entry of the inbox: a single one offers its choices, several are answered by a JSON object. */
export function questionRequest(questions: readonly Question[], input: unknown): Request {
  const [first] = questions;
  const only = questions.length === 1 ? first : undefined;
  return {
    kind: 'question',
    title: oneLine(questions.map(({ text }) => text).join(' / ') || 'The agent asks a question', 2000),
    tool: null,
    input,
    paths: [],
    options: (only?.choices ?? []).map(({ label, description }) => ({
      id: oneLine(label, 200),
      kind: 'answer',
      label: oneLine(description === null || description === '' ? label : `${label}: ${description}`, 200),
    })),
  };
}

/**
 * What a person answered, by the name of the question. Of several questions a JSON object of names answers all, plain
 * words the first; a bare yes answers none.
 */
export function answersByName(
  questions: readonly Question[],
  { optionId, text }: ApprovalAnswer,
): Record<string, string> {
  const given = optionId ?? text;
  const [first] = questions;
  if (given === null || first === undefined) return {};
  const whole = questions.length > 1 ? parseFields(given) : null;
  if (whole === null) return Object.fromEntries([[first.name, given]]);
  return Object.fromEntries(
    questions.flatMap(({ name, text: asked }) => {
      const answer = whole[name] ?? whole[asked];
      return answer === undefined
        ? []
        : [[name, typeof answer === 'string' ? answer : JSON.stringify(answer)]];
    }),
  );
}
