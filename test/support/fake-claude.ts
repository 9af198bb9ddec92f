/**
 * A small Claude Code, with one turn for each message. A message says what it does, word by word: `ask` asks to edit
 * `a.txt` in its folder, `ask:PATH` another file, `run` asks to run a command, `question` puts a question, and it says
 * what came back; `say:TEXT` says it, `file:PATH` waits until that file is there, `limit:MS` is refused by the provider
 * until then, `spend:TOKENS:USD` uses that up, `die` ends the process. Other words it passes over. It appends each line that it reads to $ACP_LOG.
 */
import { appendFileSync, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { until } from './until.ts';

type Line = {
  readonly type: string;
  readonly uuid?: string;
  readonly request_id?: string;
  readonly request?: { readonly subtype: string };
  readonly response?: { readonly request_id: string; readonly response: unknown };
  readonly message?: { readonly content: readonly { readonly text: string }[] };
};

const answers = new Map<string, (response: unknown) => void>();
const seen = new Set<string>();
const spent = { tokens: 0, usd: 0 };
let asked = 0;
let answered = 0;
let turns = Promise.resolve();
const write = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
const say = (text: string) => write({ type: 'assistant', message: { content: [{ type: 'text', text }] } });

function ask(tool_name: string, input: object): Promise<unknown> {
  asked += 1;
  const request_id = `ask-${asked}`;
  const permission_suggestions =
    tool_name === 'Edit' ? [{ type: 'setMode', mode: 'acceptEdits', destination: 'session' }] : [];
  write({
    type: 'control_request',
    request_id,
    request: {
      subtype: 'can_use_tool',
      tool_name,
      input,
      tool_use_id: `tool-${asked}`,
      permission_suggestions,
    },
  });
  return new Promise((resolve) => answers.set(request_id, resolve));
}

function limit(inMs: number): object {
  const resetsAt = Math.ceil((Date.now() + inMs) / 1000);
  const rate_limit_info = { status: 'rejected', resetsAt, rateLimitType: 'five_hour' };
  write({ type: 'rate_limit_event', rate_limit_info });
  write({ type: 'assistant', error: 'rate_limit', message: { content: [] } });
  return { is_error: true, api_error_status: 429, result: 'Limit reached' };
}

function spend(tokens: number, usd: number): void {
  answered += 1;
  spent.tokens += tokens;
  spent.usd += usd;
  const usage = { input_tokens: tokens, output_tokens: 0 };
  write({ type: 'assistant', message: { id: `msg_${answered}`, content: [], usage } });
}

async function play(uuid: string, prompt: string): Promise<void> {
  write({ type: 'command_lifecycle', command_uuid: uuid, state: 'started' });
  write({ type: 'system', subtype: 'init', session_id: 's1' });
  let refusal = {};
  for (const word of prompt.split(/\s+/)) {
    const [verb, ...rest] = word.split(':');
    const argument = rest.join(':');
    if (verb === 'ask') say(JSON.stringify(await ask('Edit', { file_path: argument || 'a.txt' })));
    else if (verb === 'run') say(JSON.stringify(await ask('Bash', { command: 'make' })));
    else if (verb === 'question') {
      const questions = [{ question: 'Which?', options: [{ label: 'One' }, { label: 'Two' }] }];
      say(JSON.stringify(await ask('AskUserQuestion', { questions })));
    } else if (verb === 'say') say(argument);
    else if (verb === 'file') await until(`the file ${argument}`, () => existsSync(argument), 60_000);
    else if (verb === 'limit') refusal = limit(Number(argument));
    else if (verb === 'spend') spend(Number(rest[0]), Number(rest[1]));
    else if (verb === 'die') process.exit(3);
  }
  const modelUsage = { model: { inputTokens: spent.tokens, outputTokens: 0 } };
  const cost = spent.tokens === 0 ? {} : { total_cost_usd: spent.usd, modelUsage };
  write({ type: 'result', subtype: 'success', result: 'done', ...cost, ...refusal });
}

for await (const line of createInterface({ input: process.stdin })) {
  if (process.env.ACP_LOG) appendFileSync(process.env.ACP_LOG, `${line}\n`);
  if (line === '') continue;
  const { type, uuid = '', request_id, request, response, message } = JSON.parse(line) as Line;
  if (type === 'control_request') {
    const session = { total_cost_usd: spent.usd, model_usage: {} };
    write({ type: 'control_response', response: { subtype: 'success', request_id, response: { session } } });
    if (request?.subtype === 'interrupt') process.exit(0);
  }
  if (type === 'control_response') answers.get(response?.request_id ?? '')?.(response?.response);
  if (type !== 'user' || seen.has(uuid)) continue;
  seen.add(uuid);
  const text = message?.content[0]?.text ?? '';
  turns = turns.then(() => play(uuid, text));
}
