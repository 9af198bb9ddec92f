import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../src/contract/index.ts';
import type { Random } from './random.ts';

/** The protocols that agents speak with drover. */
export const dialogRuntimes = ['acp', 'claude', 'codex'] as const;
export type DialogRuntime = (typeof dialogRuntimes)[number];

/** A conversation whose every word is known before it begins. */
export type DialogPlan = {
  readonly key: string;
  readonly words: number;
  readonly asks: number;
  readonly paceMs: number;
};

type Saying =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'ask'; readonly number: number; readonly text: (isAllowed: boolean) => string };

export function makeDialogPlan(random: Random, key: string): DialogPlan {
  const words = 6 + random.below(30);
  return { key, words, asks: 1 + random.below(3), paceMs: random.pick([0, 10, 40, 90]) };
}

/** The prompt that makes the agent play it, and back. */
export const promptOf = (plan: DialogPlan): string => JSON.stringify(plan);
export const planOf = (prompt: string): DialogPlan => JSON.parse(prompt) as DialogPlan;

/** What the agent says and asks, in order. Each word has its number: one that is missing or doubled shows. */
export function sayings({ key, words, asks }: DialogPlan): Saying[] {
  const askAfter = new Map(
    Array.from({ length: asks }, (_, index) => [Math.ceil(((index + 1) * words) / (asks + 1)), index + 1]),
  );
  return Array.from({ length: words }, (_, index) => index + 1).flatMap((word): Saying[] => {
    const number = askAfter.get(word);
    const said = { kind: 'word', text: `${key} ${word}/${words}; ` } as const;
    if (number === undefined) return [said];
    const text = (isAllowed: boolean) => `${key} ask ${number}: ${isAllowed ? 'allow' : 'deny'}; `;
    return [said, { kind: 'ask', number, text }];
  });
}

/** What a person answers: by the number of the request, so that each is known beforehand as well. */
export const isAllowed = (number: number): boolean => number % 2 === 1;

/** The number of the request that an approval is about; null for one of another agent. */
export function numberOfAsk(title: unknown): number | null {
  const [, number] = /\bask (\d+)$/.exec(String(title)) ?? [];
  return number === undefined ? null : Number(number);
}

/** What is wrong with the journal of such a run and with the answers that its agent read. */
export function checkDialog(
  plan: DialogPlan,
  { events, answers }: { readonly events: readonly Event[]; readonly answers: readonly string[] },
): string[] {
  const count = (type: string) => events.filter((event) => event.type === type).length;
  const said = events
    .filter((event) => event.type === 'message.delta')
    .map(({ data }) => String(data.text))
    .join('');
  const wanted = sayings(plan)
    .map((saying) => (saying.kind === 'word' ? saying.text : saying.text(isAllowed(saying.number))))
    .join('');
  const numbers = Array.from({ length: plan.asks }, (_, index) => index + 1);
  const wantedAnswers = numbers.map((number) => `${number} ${isAllowed(number) ? 'allow' : 'deny'}`);
  return [
    ...(said === wanted ? [] : [`said ${JSON.stringify(said)}, not ${JSON.stringify(wanted)}`]),
    ...(count('approval.requested') === plan.asks ? [] : [`asked ${count('approval.requested')} times`]),
    ...(count('approval.resolved') === plan.asks ? [] : [`answered ${count('approval.resolved')} times`]),
    ...(count('run.session') === 1 ? [] : [`${count('run.session')} sessions`]),
    ...([...new Set(answers)].join() === wantedAnswers.join() ? [] : [`the agent read ${answers.join()}`]),
  ];
}

/** Where the agents of a world write down what they read. */
export const answersFile = (root: string): string => join(root, 'answers');

/** The answers that each run's agent read, as `NUMBER allow|deny`. */
export function readAnswers(root: string): ReadonlyMap<string, readonly string[]> {
  const lines = readFileSync(answersFile(root), 'utf8').split('\n').slice(0, -1);
  const byRun = Map.groupBy(lines, (line) => line.split(' ')[0] ?? '');
  return new Map([...byRun].map(([run, of]) => [run, of.map((line) => line.slice(run.length + 1))]));
}

/** The configuration of the agents `dialog-RUNTIME`. */
export function configOfDialogs(root: string, started: string): string {
  const program = fileURLToPath(new URL('./dialog-agent.ts', import.meta.url));
  return dialogRuntimes
    .map((runtime) => {
      const command = [process.execPath, program, runtime, started, answersFile(root)];
      return `[agents.dialog-${runtime}]\nruntime = "${runtime}"\ncommand = ${JSON.stringify(command)}\n`;
    })
    .join('');
}
