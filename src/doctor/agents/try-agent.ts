import { findProgram, presets } from '../../domain/agents/index.ts';
import type { AgentPlace } from './service-environment.ts';
import { geminiSignIn, questions, type SignIn } from './sign-in.ts';

/** How an agent does in one environment. */
export type Trial = {
  /** Where its program is; null when it is not on PATH. */
  readonly file: string | null;
  readonly version: string | null;
  /** Why it cannot be started although it is there, or null. */
  readonly trouble: string | null;
  readonly signIn: SignIn;
};

const firstRows = firstBy(presets, ({ name }) => name);

/** The agents that drover looks for, by name, in order of preference; a program that stands for two is tried once. */
export const agentNames: readonly string[] = firstBy(firstRows, ({ program }) => program).map(
  ({ name }) => name,
);

function firstBy<T>(rows: readonly T[], key: (row: T) => string): readonly T[] {
  return rows.filter((row, at) => rows.findIndex((other) => key(other) === key(row)) === at);
}

/** The programs that stand for an agent: those that speak to drover first, then the one that signs in. */
export function programsOf(name: string): readonly string[] {
  const own = presets.filter((preset) => preset.name === name).map(({ program }) => program);
  const asked = questions[name]?.program;
  return [...new Set(asked === undefined ? own : [...own, asked])];
}

/** Looks for an agent, starts it and asks whether somebody is signed in. */
export async function tryAgent(name: string, place: AgentPlace): Promise<Trial> {
  const path = place.env.PATH ?? '';
  const file = programsOf(name)
    .map((program) => findProgram(program, path))
    .find((found) => found !== null);
  if (file === undefined) return { file: null, version: null, trouble: null, signIn: 'unknown' };
  const said = await place.run([file, '--version']).catch(() => null);
  const text = said === null ? '' : `${said.stdout}${said.stderr}`;
  const interpreter = /env: ['‘]?([\w.-]+)['’]?: No such file/.exec(text)?.[1];
  if (said !== null && (said.code === 127 || said.code === 126)) {
    const why =
      interpreter === undefined
        ? 'it cannot be started there'
        : `it needs ${interpreter}, which is not on that PATH`;
    return { file, version: null, trouble: why, signIn: 'unknown' };
  }
  if (said?.timedOut)
    return { file, version: null, trouble: 'it does not say its version in time', signIn: 'unknown' };
  const version = /\d+\.\d+\.\d+[\w.+-]*/.exec(text)?.[0] ?? null;
  return { file, version, trouble: null, signIn: await askSignIn(name, place) };
}

/** Asks the agent itself, in this place. */
export async function askSignIn(name: string, place: Pick<AgentPlace, 'env' | 'run'>): Promise<SignIn> {
  if (name === 'gemini') return geminiSignIn(place.env);
  const question = questions[name];
  if (question === undefined) return 'unknown';
  const file = findProgram(question.program, place.env.PATH ?? '');
  if (file === null) return 'unknown';
  const result = await place.run([file, ...question.args]).catch(() => null);
  return result === null || result.timedOut ? 'unknown' : question.read(result);
}
