/** A real agent and its adapter, joined by pipes: the shortest way from a command line to effects. */
import { spawn } from 'node:child_process';
import type {
  Adapter,
  AdapterEffect,
  AgentRequest,
  ApprovalAnswer,
  Outcome,
  ProcessExit,
} from '../../src/domain/agents/index.ts';

export type SessionOptions = {
  readonly adapter: Adapter<unknown>;
  /** The agent's own command, to which the adapter adds what it needs. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly request: AgentRequest;
  /** What a person answers; null leaves it waiting, `cancel` stops the turn. */
  readonly onApproval?: (
    request: Extract<AdapterEffect, { kind: 'approval' }>['request'],
  ) => Partial<ApprovalAnswer> | 'cancel' | null;
  /** Looked at after each step; true stops the turn. */
  readonly stopWhen?: (effects: readonly AdapterEffect[]) => boolean;
  readonly deadlineMs?: number;
};

export type Session = {
  readonly effects: readonly AdapterEffect[];
  /** What the agent wrote on stdout, line by line. */
  readonly lines: readonly string[];
  readonly stderr: string;
  readonly exit: ProcessExit;
  readonly outcome: Outcome;
};

/** Runs an agent to its end. Its process is gone when this resolves. */
export function runAgentSession(options: SessionOptions): Promise<Session> {
  const { adapter, request, env, deadlineMs = 30_000 } = options;
  const [file = '', ...args] = adapter.commandLine(options.command, request);
  const child = spawn(file, args, { cwd: request.cwd, env, detached: true });
  const effects: AdapterEffect[] = [];
  const lines: string[] = [];
  let stderr = '';
  let rest = '';
  let offset = 0;
  let isStopped = false;

  const first = adapter.start(request);
  let { state } = first;
  const take = (step: { state: unknown; effects: readonly AdapterEffect[] }) => {
    state = step.state;
    effects.push(...step.effects);
    for (const effect of step.effects) {
      if (effect.kind === 'write') child.stdin.write(`${effect.line}\n`);
      if (effect.kind === 'finish') child.stdin.end();
      if (effect.kind === 'approval') answer(effect);
    }
    if (!isStopped && options.stopWhen?.(effects) === true) stop();
  };
  const stop = () => {
    isStopped = true;
    take(adapter.cancel(state));
  };
  const answer = ({ key, request: asked }: Extract<AdapterEffect, { kind: 'approval' }>) => {
    const given = options.onApproval?.(asked) ?? null;
    if (given === null) return;
    const whole = { decision: 'allow' as const, always: false, optionId: null, text: null };
    setImmediate(() =>
      given === 'cancel' ? stop() : take(adapter.answer(state, key, { ...whole, ...given })),
    );
  };

  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      end(child.pid);
      reject(new Error(`The agent took longer than ${deadlineMs} ms: ${lines.at(-1)} ${stderr}`));
    }, deadlineMs);
    child.stdin.on('error', () => {}); // an agent that is gone reads nothing more
    child.once('error', reject);
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      for (const text of parts) {
        lines.push(text);
        const bytes = Buffer.byteLength(text) + 1;
        take(adapter.read(state, { stream: 'stdout', text, offset, bytes, partial: false }));
        offset += bytes;
      }
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      end(child.pid);
      const exit = { exitCode: code ?? 0, signal };
      resolve({ effects, lines, stderr, exit, outcome: adapter.exited(state, exit) });
    });
    if (adapter.input === 'none') child.stdin.end(adapter.stdin?.(request));
    take(first);
  });
}

function end(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // all of it is gone already
  }
}
