import { type AnyDialog, update, type Work } from '../dialog/work.ts';
import { asCount, asFields, asPrice, asText, type Fields } from '../fields.ts';

type Tokens = { readonly input: number; readonly output: number };

/** What a run has used up, as far as Claude Code tells it. Plain JSON. */
export type ClaudeUsage = {
  /** What its session had used up before this run, which Claude Code counts on from; null while that is not known. */
  readonly before: (Tokens & { readonly costUsd: number | null }) | null;
  /** What the turns that are over have used up. */
  readonly done: Tokens & { readonly costUsd: number | null };
  /** Answers of the model in the turn at work: the last ones by their id, the older ones as a sum. */
  readonly older: Tokens;
  readonly answers: readonly (readonly [id: string, input: number, output: number])[];
  /** The answer that is being said. */
  readonly saying: string | null;
  readonly contextSize: number | null;
};

type CountingWork = Work<AnyDialog & { readonly usage: ClaudeUsage }>;

const none: Tokens = { input: 0, output: 0 };
/** Answers that may be told of again: subagents speak at the same time. */
const maxAnswers = 16;

/** Before anything was said. A session that goes on has a past, which is asked for. */
export function initialUsage(sessionId: string | null): ClaudeUsage {
  return {
    before: sessionId === null ? { ...none, costUsd: 0 } : null,
    done: { ...none, costUsd: null },
    older: none,
    answers: [],
    saying: null,
    contextSize: null,
  };
}

/** The answer to `get_usage`: what the session had used up when it was taken up. */
export function noteUsageBefore(work: CountingWork, response: Fields): void {
  const session = asFields(response.session);
  const { usage } = work.state;
  const costUsd = asPrice(session.total_cost_usd);
  if (usage.before !== null || costUsd === null) return; // an older one does not know the question
  const before = { ...sumOf(session.model_usage), costUsd };
  update(work, { usage: { ...usage, before } });
}

/** A piece of the stream: one answer begins, or its tokens are counted. */
export function noteStreamedUsage(work: CountingWork, event: Fields): void {
  if (event.type === 'message_start') {
    const message = asFields(event.message);
    const id = asText(message.id);
    update(work, { usage: { ...work.state.usage, saying: id } });
    if (id !== null) count(work, id, tokensOf(asFields(message.usage)));
  }
  const { saying } = work.state.usage;
  if (event.type !== 'message_delta' || saying === null) return;
  count(work, saying, { input: 0, output: asCount(asFields(event.usage).output_tokens) ?? 0 });
  tell(work);
}

/** A whole message, of a subagent perhaps, whose answers are not streamed. */
export function noteMessageUsage(work: CountingWork, message: Fields): void {
  const id = asText(message.id);
  if (id === null || id === work.state.usage.saying) return;
  if (count(work, id, tokensOf(asFields(message.usage)))) tell(work);
}

/** The turn is over: Claude Code's own sums, of the whole session, take the place of what was counted. */
export function noteTurnUsage(work: CountingWork, result: Fields): void {
  const { usage } = work.state;
  const models = Object.values(asFields(result.modelUsage)).map(asFields);
  const counted = turnOf(usage);
  const total =
    models.length === 0 ? plus(plus(usage.before ?? none, usage.done), counted) : sumOf(result.modelUsage);
  const before = usage.before ?? { ...minus(total, counted), costUsd: null };
  const cost = asPrice(result.total_cost_usd);
  const done = {
    ...minus(total, before),
    costUsd:
      cost === null || before.costUsd === null ? usage.done.costUsd : Math.max(0, cost - before.costUsd),
  };
  const contextSize = asCount(models[0]?.contextWindow) ?? usage.contextSize;
  update(work, { usage: { before, done, older: none, answers: [], saying: null, contextSize } });
  tell(work);
}

function tell(work: CountingWork): void {
  const { usage } = work.state;
  const { input, output } = plus(usage.done, turnOf(usage));
  const { costUsd } = usage.done;
  if (input + output === 0 && (costUsd ?? 0) === 0) return;
  work.effects.push({
    kind: 'usage',
    usage: {
      input_tokens: input,
      output_tokens: output,
      ...(usage.contextSize !== null && { context_size: usage.contextSize }),
    },
    costUsd,
  });
}

/** Takes what is known of one answer; true when that is more than before. */
function count(work: CountingWork, id: string, { input, output }: Tokens): boolean {
  const { usage } = work.state;
  const known = usage.answers.find(([other]) => other === id);
  const now = [id, Math.max(input, known?.[1] ?? 0), Math.max(output, known?.[2] ?? 0)] as const;
  const answers = [...usage.answers.filter((other) => other !== known), now];
  const [oldest, ...rest] = answers;
  const isFull = answers.length > maxAnswers && oldest !== undefined;
  const older = isFull ? plus(usage.older, { input: oldest[1], output: oldest[2] }) : usage.older;
  update(work, { usage: { ...usage, older, answers: isFull ? rest : answers } });
  return now[1] !== known?.[1] || now[2] !== known?.[2];
}

function turnOf({ older, answers }: ClaudeUsage): Tokens {
  return answers.reduce<Tokens>((sum, [, input, output]) => plus(sum, { input, output }), older);
}

function tokensOf(usage: Fields): Tokens {
  const parts = [usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens];
  const input = parts.reduce<number>((sum, part) => sum + (asCount(part) ?? 0), 0);
  return { input, output: asCount(usage.output_tokens) ?? 0 };
}

/** Of all models together. */
function sumOf(modelUsage: unknown): Tokens {
  return Object.values(asFields(modelUsage))
    .map(asFields)
    .reduce<Tokens>((sum, model) => {
      const parts = [model.inputTokens, model.cacheCreationInputTokens, model.cacheReadInputTokens];
      const input = parts.reduce<number>((all, part) => all + (asCount(part) ?? 0), 0);
      return plus(sum, { input, output: asCount(model.outputTokens) ?? 0 });
    }, none);
}

function plus(one: Tokens, other: Tokens): Tokens {
  return { input: one.input + other.input, output: one.output + other.output };
}

function minus(one: Tokens, other: Tokens): Tokens {
  return {
    input: Math.max(0, one.input - other.input),
    output: Math.max(0, one.output - other.output),
  };
}
