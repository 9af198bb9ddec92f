/**
 * A small ACP agent. The prompt says what it does, word by word: `ask` asks for a permission and says what came back,
 * `ask:PATH` one to edit that file, `run` one to run a command, `question` puts a question, `say:TEXT` says it, `noise:TEXT` writes a line that is no message, `file:PATH` waits until that file is there, `die`
 * ends the process. It appends each line that it reads to $ACP_LOG. A session is named after the run that began it, and
 * a file of that name in its folder is all that is kept of it.
 */
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { until } from './until.ts';

type Params = { prompt?: { text: string }[]; sessionId?: string };
type Message = { id?: number; method?: string; params?: Params; result?: unknown };

const log = process.env.ACP_LOG ?? '';
const write = (message: object) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const say = (text: string) =>
  write({
    method: 'session/update',
    params: {
      sessionId: session,
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } },
    },
  });
let session = '';
const answers = new Map<number, (result: unknown) => void>();
let asked = 100;

function request(method: string, params: object): Promise<unknown> {
  asked += 1;
  const id = asked;
  write({ id, method, params: { sessionId: session, ...params } });
  return new Promise((resolve) => answers.set(id, resolve));
}

const ask = (path: string) =>
  permission({ title: `Edit ${asked}`, kind: 'edit', ...(path !== '' && { locations: [{ path }] }) });
const question = () =>
  request('elicitation/create', {
    mode: 'form',
    message: 'Which?',
    requestedSchema: { properties: { which: { type: 'string', enum: ['One', 'Two'] } } },
  });

function permission(call: object): Promise<unknown> {
  return request('session/request_permission', {
    toolCall: { toolCallId: `t${asked}`, ...call },
    options: [
      { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
      { optionId: 'always', name: 'Always', kind: 'allow_always' },
      { optionId: 'no', name: 'No', kind: 'reject_once' },
    ],
  });
}

async function play(prompt: string): Promise<void> {
  for (const word of prompt.split(' ')) {
    const [verb, ...rest] = word.split(':');
    const argument = rest.join(':');
    if (verb === 'ask') say(`${JSON.stringify(await ask(argument))};`);
    else if (verb === 'run') say(`${JSON.stringify(await permission({ title: 'make', kind: 'execute' }))};`);
    else if (verb === 'question') say(`${JSON.stringify(await question())};`);
    else if (verb === 'say') say(argument);
    else if (verb === 'noise') process.stdout.write(`${argument}\n`);
    else if (verb === 'die') process.exit(3);
    else if (verb === 'file') await until(`the file ${argument}`, () => existsSync(argument), 60_000);
  }
}

async function handle({ id, method, params, result }: Message): Promise<void> {
  switch (method) {
    case 'initialize':
      return void write({
        id,
        result: { protocolVersion: 1, agentCapabilities: { loadSession: true }, authMethods: [] },
      });
    case 'session/new':
      session = `session-of-${process.env.DROVER_RUN_ID}`;
      writeFileSync(session, '');
      return void write({ id, result: { sessionId: session } });
    case 'session/load':
      session = params?.sessionId ?? '';
      if (existsSync(session)) return void write({ id, result: {} });
      return void write({ id, error: { code: -32_002, message: `Resource not found: ${session}` } });
    case 'session/prompt':
      await play(params?.prompt?.[0]?.text ?? '');
      return void write({ id, result: { stopReason: 'end_turn' } });
    case undefined:
      answers.get(id ?? 0)?.(result);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (log !== '') appendFileSync(log, `${line}\n`);
  if (line !== '') void handle(JSON.parse(line) as Message);
}
