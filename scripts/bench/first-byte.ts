/** From `POST /v1/runs` to the first byte of the agent, beside a bare start of the same program. */
import { execFileSync, spawn } from 'node:child_process';
import { constants, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { measureInRounds, type Result, rowsOf } from './figures.ts';
import { type Command, type Lab, startDrover, untilAnswers } from './lab.ts';

const plan = { rounds: 40, budgetMs: 40_000 };
const endWithinMs = 20_000;

/** A program that says something on stdout, and then on the FIFO `$SAID` that it did. */
type Subject = {
  readonly name: string;
  readonly command: Command;
  /** Its first line of input; it has said nothing before. */
  readonly input: string;
  /** How it is asked for of drover. */
  readonly body: object;
};

export async function benchFirstByte(lab: Lab): Promise<Result> {
  const said = openSignal(lab);
  const subjects = [shell(said.path), node(lab, said.path)];
  writeConfig(lab, subjects);
  const { socket } = startDrover(lab);
  await untilAnswers(socket, '/readyz');

  const measures = subjects.flatMap(({ name, command, input, body }): [string, () => Promise<number>][] => [
    [name, () => said.after(() => startBare(lab, command, input))],
    [`drover, ${name}`, () => said.after(() => post(socket, body))],
  ]);
  const times = await measureInRounds(new Map(measures), plan);
  const rows = subjects.flatMap(({ name }) =>
    rowsOf(new Map([...times].filter(([each]) => each.endsWith(name))), { base: name, unit: 'ms' }),
  );
  const rounds = times.get(subjects[0]?.name ?? '')?.length;
  return { title: `first byte: from POST /v1/runs to the agent's first byte, ${rounds} rounds`, rows };
}

function shell(said: string): Subject {
  const command: Command = ['/bin/sh', '-c', `echo hello; echo hello >'${said}'`];
  return { name: 'a shell that says hello', command, input: '', body: { command } };
}

/** As small as an agent can be that speaks ACP: it answers the first message. */
function node(lab: Lab, said: string): Subject {
  const program = join(lab.makeFolder(), 'agent.mjs');
  writeFileSync(
    program,
    `import { writeFileSync } from 'node:fs';
let isFirst = true;
process.stdin.setEncoding('utf8').on('data', (text) => {
  for (const line of text.split('\\n').filter(Boolean)) {
    const { id, method } = JSON.parse(line);
    const results = {
      initialize: { protocolVersion: 1, agentCapabilities: {}, authMethods: [] },
      'session/new': { sessionId: 's' },
      'session/prompt': { stopReason: 'end_turn' },
    };
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] }) + '\\n');
    if (isFirst) writeFileSync('${said}', 'hello\\n');
    isFirst = false;
  }
}).on('end', () => process.exit());
`,
  );
  const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: 1 } };
  return {
    name: 'a Node.js agent that speaks ACP',
    command: [lab.node, program],
    input: `${JSON.stringify(initialize)}\n`,
    body: { agent: 'small', prompt: 'hello' },
  };
}

function writeConfig(lab: Lab, subjects: readonly Subject[]): void {
  const path = join(lab.env.HOME ?? '', '.config/drover/daemon.toml');
  mkdirSync(dirname(path), { recursive: true });
  const command = subjects.find(({ body }) => 'agent' in body)?.command;
  writeFileSync(path, `[agents.small]\nruntime = "acp"\ncommand = ${JSON.stringify(command)}\n`);
}

type Signal = {
  readonly path: string;
  /** Milliseconds from the call of `start` until something is written to the FIFO, once what was started has ended. */
  readonly after: (start: () => Promise<unknown>) => Promise<number>;
};

function openSignal(lab: Lab): Signal {
  const path = join(lab.makeFolder(), 'said');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const fifo = new Socket({ fd, readable: true, writable: false });
  lab.onClose(async () => void fifo.destroy());
  return {
    path,
    after: async (start) => {
      const heard = new Promise<number>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('The program said nothing')), endWithinMs);
        fifo.once('data', () => {
          clearTimeout(timer);
          resolve(performance.now());
        });
      });
      const begun = performance.now();
      const [at] = await Promise.all([heard, start()]);
      return at - begun;
    },
  };
}

function startBare(lab: Lab, [file, ...args]: Command, input: string): Promise<unknown> {
  const child = spawn(file, args, {
    env: lab.env,
    stdio: [input === '' ? 'ignore' : 'pipe', 'pipe', 'ignore'],
  });
  child.stdout?.resume();
  child.stdin?.end(input);
  return new Promise((resolve) => child.once('exit', resolve));
}

/** Starts a run and waits for its end, so that the next round finds a machine at rest. */
async function post(socketPath: string, body: object): Promise<void> {
  const { id } = await ask<{ id: string }>(socketPath, 'POST', '/v1/runs', body);
  const deadline = performance.now() + endWithinMs;
  while (performance.now() < deadline) {
    const { ended_at: endedAt } = await ask<{ ended_at: string | null }>(socketPath, 'GET', `/v1/runs/${id}`);
    if (endedAt !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${id} has not ended within ${endWithinMs} ms`);
}

function ask<T>(socketPath: string, method: string, path: string, body?: object): Promise<T> {
  const headers = {
    host: 'localhost',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.once('end', () => {
        if ((answer.statusCode ?? 500) < 300) resolve(JSON.parse(text) as T);
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
      });
    });
    call.once('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
