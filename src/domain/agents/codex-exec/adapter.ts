import type { Adapter, AgentRequest, OutputPiece, ProcessExit, Step } from '../adapter.ts';
import { oneLine } from '../bounded.ts';
import { finish, leave, outcomeOfExit } from '../dialog/end.ts';
import { maxLineBytes, readPiece } from '../dialog/lines.ts';
import { notice, step, update } from '../dialog/work.ts';
import { asCount, asFields, asText, type Fields, parseFields } from '../fields.ts';
import { failed, succeeded } from '../outcome.ts';
import { unsupportedOption } from '../supported.ts';
import { codexExecCommandLine } from './command-line.ts';
import { failure, sessionLost } from './failure.ts';
import { onItem } from './items.ts';
import { type ExecState, type ExecWork, initialState } from './state.ts';

/**
 * `codex exec --json` as a codec, for runs that nobody watches. The way of a run:
 * 1. the prompt is its whole stdin, there before it starts: nothing is ever written to it;
 * 2. `thread.started` names the session, `turn.started` says that the prompt was read;
 * 3. items tell what is said and done; nobody is asked: what its sandbox does not allow, fails;
 * 4. `turn.completed` or `turn.failed` is the outcome, and it leaves by itself.
 */
export const codexExecAdapter: Adapter<ExecState> = {
  runtime: 'codex',
  input: 'none',
  stdin: ({ prompt }) => prompt,
  stdoutLine: { maxBytes: maxLineBytes, beyond: 'drop' },
  coalesce: false,
  commandLine: codexExecCommandLine,
  start,
  read: (state: ExecState, piece: OutputPiece) => step(state, (work) => readPiece(work, piece, onLine)),
  answer: (state) => ({ state, effects: [] }),
  takesMessages: false,
  say: (state) => ({ state, effects: [] }),
  goOn: (state) => ({ state, effects: [] }),
  cancel: (state: ExecState) => step(state, (work) => update(work, { canceling: true })),
  left: (state: ExecState) => step(state, leave),
  exited: (state: ExecState, exit: ProcessExit) =>
    sessionLost(state) ??
    outcomeOfExit(state, exit, state.hasBegun ? 'before it had answered' : 'before it was ready'),
};

function start(request: AgentRequest): Step<ExecState> {
  const refused = unsupportedOption({ runtime: 'codex', command: ['exec'] }, request);
  return step(initialState(request), (work) => {
    if (refused !== null) finish(work, failed('option_unsupported', refused.sentence));
  });
}

function onLine(work: ExecWork, line: string): boolean {
  const message = parseFields(line);
  if (message === null || typeof message.type !== 'string') return false;
  switch (message.type) {
    case 'thread.started':
      onThread(work, message);
      break;
    case 'turn.started':
      update(work, { hasBegun: true });
      break;
    case 'item.started':
    case 'item.updated':
    case 'item.completed':
      onItem(work, stages[message.type], asFields(message.item));
      break;
    case 'error':
      notice(work, oneLine(asText(message.message) ?? 'Codex met an error', 2000));
      break;
    case 'turn.completed':
      onCompleted(work, asFields(message.usage));
      break;
    case 'turn.failed':
      finish(work, failure(asText(asFields(message.error).message)));
      break;
    // Anything else is new to drover: ignored, and in the run's files.
  }
  return true;
}

const stages = {
  'item.started': 'started',
  'item.updated': 'updated',
  'item.completed': 'completed',
} as const;

function onThread(work: ExecWork, message: Fields): void {
  const sessionId = asText(message.thread_id);
  if (sessionId !== null) work.effects.push({ kind: 'session', sessionId });
}

/** Its sums are of the whole session, and of the past it says nothing: what drover knows of that is taken off. */
function onCompleted(work: ExecWork, usage: Fields): void {
  const { usedBefore } = work.state;
  const input = lessBy(usage.input_tokens, usedBefore.input);
  const output = lessBy(usage.output_tokens, usedBefore.output);
  work.effects.push({
    kind: 'usage',
    usage: {
      ...(input !== null && { input_tokens: input }),
      ...(output !== null && { output_tokens: output }),
    },
    costUsd: null,
  });
  finish(work, succeeded);
}

function lessBy(value: unknown, less: number): number | null {
  const count = asCount(value);
  return count === null ? null : Math.max(0, count - less);
}
