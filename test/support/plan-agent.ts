/**
 * An ACP agent for the roles of a plan, which does what the file $PLAN_SCRIPT says: a JSON object of lists, by role or by
 * `ROLE-TASK`; the n-th run of it does the n-th entry, and those after the last one the last. It appends a line to
 * $PLAN_LOG when it starts and when it is asked. An entry is a list of words:
 *   write:PATH:TEXT   writes a file of the worktree      commit            commits all
 *   lines:PATH:N      writes a file of N lines           signal:NAME:BODY  says it, by a file
 *   send:EVENT:BODY   says it, by the command line       exit:CODE         ends the process
 *   wait:PATH         waits until that file is there     git:ARGS          runs git
 *   linger            lives on after all that it has to say
 * `$PLAN`, `$WAVE` and `$TASK` stand for what they are, `$OTHER` for the branch that a fixer is asked to merge; `_` in a text stands for a space, `~` for a new line.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './until.ts';

type Message = {
  id?: number;
  method?: string;
  params?: { sessionId?: string; prompt?: readonly { text?: string }[] };
};

const { PLAN_SCRIPT = '', PLAN_LOG = '', DROVER_RUN_ID: run = '' } = process.env;
const { DROVER_PLAN: plan = '', DROVER_PLAN_ROLE: role = '' } = process.env;
const { DROVER_PLAN_WAVE: wave = '', DROVER_PLAN_TASK: task = '' } = process.env;
let other = '';
const who = task === '' ? role : `${role}-${task}`;
const write = (message: object) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@localhost', ...args], { encoding: 'utf8' });

function linesAbout(name: string): number {
  return readFileSync(PLAN_LOG, { encoding: 'utf8', flag: 'a+' })
    .split('\n')
    .filter((line) => line.split(' ')[1] === name).length;
}

function play(words: readonly string[]): void {
  for (const word of words) {
    const [verb = '', name = '', ...rest] = word.split(':');
    const text = spelled(rest.join(':'));
    switch (verb) {
      case 'write':
        mkdirSync(dirname(name), { recursive: true });
        writeFileSync(spelled(name), `${text}\n`);
        break;
      case 'lines':
        writeFileSync(name, Array.from({ length: Number(text) }, (_, at) => `line ${at}\n`).join(''));
        break;
      case 'commit':
        git('add', '--all');
        git('commit', '--quiet', '--message', `work of ${who}`);
        break;
      case 'git':
        git(...spelled([name, ...rest].join(':')).split(' '));
        break;
      case 'signal':
        signal(spelled(name), text);
        break;
      case 'exit':
        process.exit(Number(name));
    }
  }
}

function spelled(text: string): string {
  return text
    .replaceAll('_', ' ')
    .replaceAll('~', '\n')
    .replaceAll('$PLAN', plan)
    .replaceAll('$WAVE', wave)
    .replaceAll('$TASK', task)
    .replaceAll('$OTHER', other);
}

function signal(name: string, body: string): void {
  mkdirSync('.drover/signals/staging', { recursive: true });
  writeFileSync(`.drover/signals/staging/${name}`, body);
  renameSync(`.drover/signals/staging/${name}`, `.drover/signals/${name}`);
}

function parsed(line: string): Message | null {
  try {
    return JSON.parse(line) as Message;
  } catch {
    return null;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = parsed(line);
  if (message === null) continue; // a line that a dead daemon has left half written
  const { id, method, params } = message;
  if (method === 'initialize')
    write({ id, result: { protocolVersion: 1, agentCapabilities: { loadSession: true }, authMethods: [] } });
  if (method === 'session/new') write({ id, result: { sessionId: `session-${run}` } });
  if (method === 'session/load') write({ id, result: {} });
  if (method !== 'session/prompt') continue;
  const script = JSON.parse(readFileSync(PLAN_SCRIPT, 'utf8')) as Record<string, string[][]>;
  const entries = script[who] ?? script[role] ?? [];
  const nth = linesAbout(who);
  appendFileSync(PLAN_LOG, `start ${who} ${run}\n`);
  const words = entries[Math.min(nth, entries.length - 1)] ?? [];
  const asked = params?.prompt?.map(({ text = '' }) => text).join('\n') ?? '';
  other = /is on the branch (\S+)\./.exec(asked)?.[1] ?? '';
  const waits = words.find((word) => word.startsWith('wait:'));
  if (waits !== undefined) {
    const path = waits.slice('wait:'.length);
    await until(path, () => existsSync(path), 120_000);
  }
  play(words);
  if (words.includes('linger')) continue;
  write({
    method: 'session/update',
    params: {
      sessionId: params?.sessionId,
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: `done: ${who}` } },
    },
  });
  write({ id, result: { stopReason: 'end_turn' } });
}
