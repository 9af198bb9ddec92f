import type { Adapter, AdapterEffect, AgentRequest, OutputPiece, ProcessExit, Step } from '../adapter.ts';
import { lastLine, lastWords, maxEventChars, oneLine, shorten } from '../bounded.ts';
import { describeExit, failed, succeeded } from '../outcome.ts';
import { unsupportedOption } from '../supported.ts';

/** Longest line handed over in one piece. */
export const maxLineBytes = 64 * 1024;

/** What is remembered of a command between two pieces. */
export type CommandState = {
  /** Refused before it was started. */
  readonly refused: string | null;
  /** The piece before was the beginning of a line that goes on. */
  readonly inLine: boolean;
  /** The last line of stderr, for the outcome. */
  readonly lastWords: string | null;
};

/** A plain command: what it writes is journaled as it is, how it exits is the outcome, its last line the result. */
export const commandAdapter: Adapter<CommandState> = {
  runtime: 'command',
  input: 'none',
  stdoutLine: { maxBytes: maxLineBytes, beyond: 'split' },
  coalesce: true,
  commandLine: (command) => command,
  start,
  read,
  answer: (state) => ({ state, effects: [] }),
  takesMessages: false,
  say: (state) => ({ state, effects: [] }),
  goOn: (state) => ({ state, effects: [] }),
  cancel: (state) => ({ state, effects: [] }),
  left: (state) => ({ state, effects: [] }),
  exited,
};

function start(request: AgentRequest): Step<CommandState> {
  const refused = unsupportedOption({ runtime: 'command', command: [] }, request)?.sentence ?? null;
  return {
    state: { refused, inLine: false, lastWords: null },
    effects: refused === null ? [] : [{ kind: 'finish', outcome: failed('option_unsupported', refused) }],
  };
}

function read(state: CommandState, piece: OutputPiece): Step<CommandState> {
  if (state.refused !== null) return { state, effects: [] };
  const { stream, text, offset, bytes, partial } = piece;
  const data = { text, offset, bytes, partial };
  if (stream === 'stderr') {
    const words = lastWords(text);
    return {
      state: words === null ? state : { ...state, lastWords: oneLine(words) },
      effects: [{ kind: 'event', event: { type: 'output.stderr', data } }],
    };
  }
  const effects: AdapterEffect[] = [{ kind: 'event', event: { type: 'output.stdout', data } }];
  const result = resultOf(state, text);
  if (result !== null) effects.push({ kind: 'result', text: result });
  return { state: { ...state, inLine: partial }, effects };
}

/** The last line that begins in this piece; of a line in several pieces that is its beginning. */
function resultOf(state: CommandState, text: string): string | null {
  if (!state.inLine) return shortLast(text);
  const rest = text.indexOf('\n');
  return rest === -1 ? null : shortLast(text.slice(rest + 1));
}

function shortLast(text: string): string | null {
  const line = lastLine(text);
  return line === null ? null : shorten(line, maxEventChars);
}

function exited(state: CommandState, exit: ProcessExit) {
  if (state.refused !== null) return failed('option_unsupported', state.refused);
  if (exit.exitCode === 0 && exit.signal === null) return succeeded;
  const words = state.lastWords === null ? '' : `: ${state.lastWords}`;
  return failed('command_failed', `The command ${describeExit(exit)}${words}`);
}
