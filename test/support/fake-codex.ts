/**
 * A small Codex app-server. The prompt says what it does, word by word: `ask` asks to edit `a.txt` in its folder,
 * `ask:PATH` another file, `run` asks to run a command, `question` puts a question; it says what came back. `file:PATH`
 * waits until that file is there. It appends each line that it reads to $ACP_LOG.
 */
import { appendFileSync, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { until } from './until.ts';

type Line = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly input?: readonly { readonly text: string }[] };
  readonly result?: unknown;
};

const threadId = 't1';
const answers = new Map<number, (result: unknown) => void>();
let asked = 100;
const write = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
const tell = (method: string, params: object) => write({ method, params: { threadId, ...params } });
const say = (text: string) =>
  tell('item/completed', { item: { type: 'agentMessage', id: `m${asked}`, text } });

function ask(method: string, params: object): Promise<unknown> {
  asked += 1;
  const id = asked;
  write({ id, method, params: { threadId, turnId: 'turn', ...params } });
  return new Promise((resolve) => answers.set(id, resolve));
}

async function play(prompt: string): Promise<void> {
  tell('turn/started', { turn: { id: 'turn' } });
  for (const word of prompt.split(' ')) {
    const [verb, ...rest] = word.split(':');
    const argument = rest.join(':');
    const itemId = `i${asked}`;
    if (verb === 'ask') {
      const changes = [{ path: argument || 'a.txt', kind: { type: 'update' }, diff: '' }];
      tell('item/started', { item: { type: 'fileChange', id: itemId, changes } });
      say(JSON.stringify(await ask('item/fileChange/requestApproval', { itemId })));
    } else if (verb === 'run') {
      say(
        JSON.stringify(
          await ask('item/commandExecution/requestApproval', { itemId, command: 'make', cwd: '/' }),
        ),
      );
    } else if (verb === 'question') {
      const questions = [{ id: 'which', question: 'Which?', options: [{ label: 'One' }, { label: 'Two' }] }];
      say(JSON.stringify(await ask('item/tool/requestUserInput', { itemId, questions })));
    } else if (verb === 'file') await until(`the file ${argument}`, () => existsSync(argument), 60_000);
  }
  tell('turn/completed', { turn: { id: 'turn', status: 'completed' } });
}

for await (const line of createInterface({ input: process.stdin })) {
  if (process.env.ACP_LOG) appendFileSync(process.env.ACP_LOG, `${line}\n`);
  if (line === '') continue;
  const { id, method, params, result } = JSON.parse(line) as Line;
  if (method === 'initialize') write({ id, result: {} });
  else if (method === 'thread/start') write({ id, result: { thread: { id: threadId } } });
  else if (method === 'turn/start') {
    write({ id, result: { turn: { id: 'turn' } } });
    void play(params?.input?.[0]?.text ?? '');
  } else if (method === undefined) answers.get(id ?? 0)?.(result);
}
