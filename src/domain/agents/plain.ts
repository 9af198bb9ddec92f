import type { Runtime } from '../../contract/index.ts';
import type { Adapter, AdapterEffect, AgentRequest, OutputPiece, ProcessExit, Step } from './adapter.ts';
import { lastLine, lastWords, maxEventChars, oneLine, shorten } from './bounded.ts';
import { describeExit, failed, succeeded } from './outcome.ts';
import { unsupportedOption } from './supported.ts';

/** Longest line handed over in one piece. */
export const maxLineBytes = 64 * 1024;

/** What is remembered of a command between two pieces. */
export type PlainState = {
  /** Refused before it was started. */
  readonly refused: string | null;
  /** The piece before was the beginning of a line that goes on. */
  readonly inLine: boolean;
  /** What it said last, for the outcome. */
  readonly lastWords: string | null;
};

export type PlainOptions = {
  readonly runtime: Runtime;
  readonly input: Adapter<PlainState>['input'];
  /** The line of its input that says this, which is known by its key a second time; without it nothing can be said. */
  readonly lineOf?: (message: { readonly key: string; readonly text: string }) => string;
  /** What a person reads of a piece of stdout. */
  readonly legible: (text: string) => string;
  /** A failure is told on stderr, or on stdout as well. */
  readonly complainsOn: 'stderr' | 'both';
};

/**
 * The adapter of a program without a protocol: what it writes is journaled as it is, how it exits is the outcome, its last
 * line the result.
 */
export function plainAdapter(options: PlainOptions): Adapter<PlainState> {
  return {
    runtime: options.runtime,
    input: options.input,
    stdoutLine: { maxBytes: maxLineBytes, beyond: 'split' },
    coalesce: true,
    commandLine: (command) => command,
    start: (request) => start(options.runtime, request),
    read: (state, piece) => read(options, state, piece),
    answer: (state) => ({ state, effects: [] }),
    takesMessages: options.lineOf !== undefined,
    say: (state, message) => say(options, state, message),
    goOn: (state) => ({ state, effects: [] }),
    cancel: (state) => ({ state, effects: [] }),
    left: (state) => ({ state, effects: [] }),
    exited,
  };
}

function start(runtime: Runtime, request: AgentRequest): Step<PlainState> {
  const refused = unsupportedOption({ runtime, command: [] }, request)?.sentence ?? null;
  return {
    state: { refused, inLine: false, lastWords: null },
    effects: refused === null ? [] : [{ kind: 'finish', outcome: failed('option_unsupported', refused) }],
  };
}

function read(options: PlainOptions, state: PlainState, piece: OutputPiece): Step<PlainState> {
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
  const result = resultOf(options, state, text);
  if (result !== null) effects.push({ kind: 'result', text: result });
  const hasWords = result !== null && options.complainsOn === 'both';
  return {
    state: { ...state, inLine: partial, lastWords: hasWords ? oneLine(result) : state.lastWords },
    effects,
  };
}

/** The last line that begins in this piece; of a line in several pieces that is its beginning. */
function resultOf({ legible }: PlainOptions, state: PlainState, text: string): string | null {
  const rest = state.inLine ? text.indexOf('\n') : 0;
  const line = rest === -1 ? null : lastLine(legible(text.slice(rest)));
  return line === null ? null : shorten(line, maxEventChars);
}

/** Whether the program has read it nobody can tell: it has no protocol. */
function say(
  { lineOf }: PlainOptions,
  state: PlainState,
  message: { readonly key: string; readonly text: string },
): Step<PlainState> {
  if (lineOf === undefined || state.refused !== null) return { state, effects: [] };
  const key = `say:${message.key}`;
  return { state, effects: [{ kind: 'write', key, line: lineOf(message), replay: 'safe' }] };
}

function exited(state: PlainState, exit: ProcessExit) {
  if (state.refused !== null) return failed('option_unsupported', state.refused);
  if (exit.exitCode === 0 && exit.signal === null) return succeeded;
  const words = state.lastWords === null ? '' : `: ${state.lastWords}`;
  return failed('command_failed', `The command ${describeExit(exit)}${words}`);
}
