import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { runCommand } from '../../src/base/index.ts';
import { demoAgentScript } from '../../src/domain/agents/index.ts';

type Message = { id?: number; method?: string; result?: Fields; error?: Fields; params?: Fields };
type Fields = Record<string, unknown>;

const deadlineMs = 60_000;

/** The demo agent as a process of its own, spoken to in raw JSON-RPC. */
class Agent {
  readonly seen: Message[] = [];
  readonly #child = spawn(process.execPath, [demoAgentScript()], {
    env: { PATH: process.env.PATH, DROVER_DEMO_PACE_MS: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  #wake: () => void = () => {};

  constructor(t: { teardown: (end: () => void) => void }) {
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.seen.push(JSON.parse(line));
      this.#wake();
    });
    t.teardown(() => this.#child.kill('SIGKILL'));
  }

  send(message: object): void {
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  /** The first message that fits, seen already or still to come. */
  async find(fits: (message: Message) => boolean): Promise<Message> {
    const deadline = AbortSignal.timeout(deadlineMs);
    for (;;) {
      const found = this.seen.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        deadline.onabort = () => reject(new Error(`not said: ${JSON.stringify(this.seen)}`));
      });
    }
  }

  answerTo(id: number): Promise<Message> {
    return this.find((message) => message.id === id && message.method === undefined);
  }

  /** Opens a session in `cwd` and sends the prompt; resolves with the session's id. */
  async begin(cwd: string): Promise<string> {
    this.send({ id: 1, method: 'initialize', params: { protocolVersion: 1, clientCapabilities: {} } });
    await this.answerTo(1);
    this.send({ id: 2, method: 'session/new', params: { cwd, mcpServers: [] } });
    const sessionId = String((await this.answerTo(2)).result?.sessionId);
    this.prompt(sessionId);
    return sessionId;
  }

  prompt(sessionId: string): void {
    const params = { sessionId, prompt: [{ type: 'text', text: 'Fix the flaky test' }] };
    this.send({ id: 3, method: 'session/prompt', params });
  }

  permission(): Promise<Message> {
    return this.find((message) => message.method === 'session/request_permission');
  }

  allow(request: Message, optionId: string): void {
    this.send({ id: request.id, result: { outcome: { outcome: 'selected', optionId } } });
  }

  /** Everything it said, as one text. */
  words(): string {
    return this.updates('agent_message_chunk')
      .map((update) => (update.content as Fields).text)
      .join('');
  }

  updates(kind: string): Fields[] {
    return this.seen
      .map((message) => (message.params?.update ?? {}) as Fields)
      .filter((update) => update.sessionUpdate === kind);
  }

  /** Closes its stdin and waits for its end. */
  async end(): Promise<number | null> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  const settings = ['-c', 'user.name=t', '-c', 'user.email=t@t.invalid'];
  const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };
  const result = await runCommand('git', [...settings, ...args], { cwd, env, timeoutMs: deadlineMs });
  return result.stdout.toString().trim();
}

async function repository(t: {
  testdir: (files: { repo: Record<string, string> }) => string;
}): Promise<string> {
  const folder = t.testdir({ repo: { 'README.md': '# The title\n' } });
  const cwd = join(folder, 'repo');
  await git(cwd, 'init', '-q');
  await git(cwd, 'add', '.');
  await git(cwd, 'commit', '-qm', 'start');
  return cwd;
}

void t.test('allowed, it makes a real commit and runs nothing of the repository', async (t) => {
  const cwd = await repository(t);
  const canary = join(cwd, '..', 'canary');
  const program = `#!/bin/sh\ntouch ${canary}\ncat\n`;
  for (const hook of [
    'pre-commit',
    'post-commit',
    'reference-transaction',
    'commit-msg',
    'post-index-change',
  ]) {
    writeFileSync(join(cwd, '.git/hooks', hook), program, { mode: 0o755 });
  }
  writeFileSync(join(cwd, '.git/evil'), program, { mode: 0o755 });
  writeFileSync(join(cwd, '.gitattributes'), '* filter=evil\n');
  await git(cwd, 'config', 'filter.evil.clean', join(cwd, '.git/evil'));
  await git(cwd, 'config', 'core.fsmonitor', join(cwd, '.git/evil'));
  const agent = new Agent(t);

  await agent.begin(cwd);
  const request = await agent.permission();
  t.notOk(existsSync(join(cwd, 'DEMO.md')), 'nothing is changed before the answer');
  agent.allow(request, 'yes');
  const answer = await agent.answerTo(3);
  const code = await agent.end();

  t.strictSame(answer.result, { stopReason: 'end_turn' });
  t.equal(code, 0, 'the end of its input ends it');
  t.notOk(existsSync(canary), 'no hook, filter or monitor ran');
  t.match(agent.words(), /scripted: there is no model/);
  t.match(agent.words(), /README.md begins with “# The title”/);
  t.equal(await git(cwd, 'log', '-1', '--format=%an|%ae'), 'drover demo agent|demo@drover.invalid');
  t.equal(
    await git(cwd, '-c', 'core.fsmonitor=false', 'show', '--format=', '--name-only', 'HEAD'),
    'DEMO.md',
  );
  t.equal(await git(cwd, 'rev-list', '--count', 'HEAD'), '2');
  t.match(await git(cwd, 'show', 'HEAD:DEMO.md'), /asked for “Fix the flaky test”/);
  t.equal(agent.seen.filter((message) => message.method === 'session/request_permission').length, 1);
  t.equal(agent.updates('plan').length, 4);
});

void t.test('denied, it says so and changes nothing', async (t) => {
  const cwd = await repository(t);
  const agent = new Agent(t);

  await agent.begin(cwd);
  agent.allow(await agent.permission(), 'no');
  const answer = await agent.answerTo(3);

  t.strictSame(answer.result, { stopReason: 'end_turn' });
  t.match(agent.words(), /You said no, so I changed nothing/);
  t.equal(await git(cwd, 'status', '--porcelain'), '');
  t.equal(await git(cwd, 'rev-list', '--count', 'HEAD'), '1');
});

void t.test('a cancel ends the turn at once, also while it waits for the answer', async (t) => {
  const cwd = await repository(t);
  const agent = new Agent(t);

  const sessionId = await agent.begin(cwd);
  await agent.permission();
  agent.send({ method: 'session/cancel', params: { sessionId } });
  const answer = await agent.answerTo(3);

  t.strictSame(answer.result, { stopReason: 'cancelled' });
  t.equal(await git(cwd, 'status', '--porcelain'), '');
});

void t.test('a session is continued by its id, by another process too', async (t) => {
  const cwd = await repository(t);
  const first = new Agent(t);
  const sessionId = await first.begin(cwd);
  await first.permission();
  await first.end();
  const second = new Agent(t);

  second.send({ id: 1, method: 'initialize', params: { protocolVersion: 1, clientCapabilities: {} } });
  const capabilities = (await second.answerTo(1)).result?.agentCapabilities;
  second.send({ id: 2, method: 'session/load', params: { sessionId, cwd, mcpServers: [] } });
  await second.answerTo(2);
  second.prompt(sessionId);
  second.allow(await second.permission(), 'yes');
  const answer = await second.answerTo(3);
  second.send({ id: 9, method: 'session/load', params: { sessionId: 'other', cwd, mcpServers: [] } });

  t.match(capabilities, { loadSession: true });
  t.strictSame(answer.result, { stopReason: 'end_turn' });
  t.equal((await second.answerTo(9)).error?.code, -32002);
});

void t.test('outside a repository it writes the file, and never through a link', async (t) => {
  const folder = t.testdir({ plain: {}, linked: {}, elsewhere: 'untouched\n' });
  const plain = new Agent(t);
  const linked = new Agent(t);
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'linked/DEMO.md'));

  await plain.begin(join(folder, 'plain'));
  plain.allow(await plain.permission(), 'yes');
  await plain.answerTo(3);
  await linked.begin(join(folder, 'linked'));
  linked.allow(await linked.permission(), 'yes');
  const refused = await linked.answerTo(3);

  t.match(readFileSync(join(folder, 'plain/DEMO.md'), 'utf8'), /asked for/);
  t.ok(refused.error, 'a link ends the turn with an error');
  t.equal(readFileSync(join(folder, 'elsewhere'), 'utf8'), 'untouched\n');
});
