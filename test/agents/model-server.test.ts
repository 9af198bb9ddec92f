import t from 'tap';
import { startModelServer, type Turn } from '../support/model-server/index.ts';

/** How each provider is asked, with a tool for files and one for the shell. */
const providers = {
  anthropic: {
    path: '/v1/messages',
    body: {
      model: 'm',
      stream: true,
      tools: [{ name: 'Write' }, { name: 'Bash' }],
      system: 'Working directory: /work',
    },
    says: ['text_delta', 'Hello', 'message_stop'],
    calls: ['input_json_delta', '/work/a.txt', 'tool_use'],
  },
  responses: {
    path: '/v1/responses',
    body: {
      model: 'm',
      stream: true,
      tools: [{ type: 'function', name: 'exec_command' }],
      input: '<cwd>/work</cwd>',
    },
    says: ['response.output_text.delta', 'Hello', 'response.completed'],
    calls: ['function_call', '/work/a.txt', 'response.completed'],
  },
  chat: {
    path: '/v1/chat/completions',
    body: {
      model: 'm',
      stream: true,
      tools: [{ type: 'function', function: { name: 'write' } }],
      messages: [{ role: 'system', content: 'Working directory: /work' }],
    },
    says: ['chat.completion.chunk', 'Hello', '[DONE]'],
    calls: ['tool_calls', '/work/a.txt', '[DONE]'],
  },
  gemini: {
    path: '/v1beta/models/m:streamGenerateContent',
    body: {
      tools: [{ functionDeclarations: [{ name: 'write_file' }] }],
      contents: [{ parts: [{ text: 'Working directory: /work' }] }],
    },
    says: ['candidates', 'Hello', 'STOP'],
    calls: ['functionCall', '/work/a.txt', 'STOP'],
  },
} as const;

async function ask(url: string, provider: keyof typeof providers): Promise<{ status: number; text: string }> {
  const { path, body } = providers[provider];
  const answer = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: answer.status, text: await answer.text() };
}

for (const provider of Object.keys(providers) as (keyof typeof providers)[]) {
  void t.test(`${provider}: text, a file to write, an error, each in its own shape`, async (t) => {
    const turns: Turn[] = [
      { kind: 'text', text: 'Hello' },
      { kind: 'write', path: 'a.txt', content: 'x' },
      { kind: 'error', status: 429, message: 'Slow down', headers: { 'retry-after': '3' } },
    ];
    const model = await startModelServer(...turns);
    t.teardown(() => model.close());

    const said = await ask(model.url, provider);
    const called = await ask(model.url, provider);
    const refused = await ask(model.url, provider);

    for (const part of providers[provider].says) t.ok(said.text.includes(part), part);
    for (const part of providers[provider].calls) t.ok(called.text.includes(part), part);
    t.equal(refused.status, 429);
    t.match(refused.text, /Slow down/);
    t.equal(model.turnsTaken().length, 3);
  });
}

void t.test('a request without tools takes no turn', async (t) => {
  const model = await startModelServer({ kind: 'text', text: 'Kept' });
  t.teardown(() => model.close());

  const body = JSON.stringify({ model: 'm', messages: [] });
  const title = await fetch(`${model.url}/v1/messages`, { method: 'POST', body });

  t.match(await title.text(), /A title/);
  t.match((await ask(model.url, 'anthropic')).text, /Kept/);
});

void t.test('an answer that never ends is ended by the close', async (t) => {
  const model = await startModelServer({ kind: 'hang', text: 'Hm' });
  const { path, body } = providers.anthropic;
  const answer = await fetch(`${model.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  const reader = answer.body?.getReader();
  await reader?.read();

  await model.close();

  await t.rejects(async () => {
    for (;;) if ((await reader?.read())?.done !== false) return;
  });
});
