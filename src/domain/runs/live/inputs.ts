import { AppError, isAppError } from '../../../contract/index.ts';
import { type InputRow, openInputs, type RunRow, setInputState } from '../../../foundation/store/index.ts';
import { ofRun, uncertainReason, waitOn } from '../follow/waiting.ts';
import type { EngineDeps, InputWriter } from '../ports.ts';

/** How long the output may take to prove that a line of before a crash arrived. */
export const evidenceGraceMs = 5000;
/** After a write that failed. */
const retryMs = 500;

/** Writes queued lines to the agent's stdin, in order, each marked before and after (contract §10.15). */
export type InputPump = {
  /** Writes what is queued; returns at once when a write is under way. */
  readonly pump: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * Makes the pump of one run, whose row is as it was when this daemon took it over. Crash points of a line: before `sending` is stored it is simply written later; between
 * that and `sent` it may or may not have arrived. A line that the protocol recognises twice is written again then; any
 * other waits for evidence in the output, then for a person. A line that was certainly cut goes back to `pending`.
 */
export function createInputPump(deps: EngineDeps, run: RunRow, stopped: AbortSignal): InputPump {
  const { store, clock, launch, log } = deps;
  const closing = new AbortController();
  const signal = AbortSignal.any([stopped, closing.signal]);
  /** Lines that this daemon began to write, and those that the kernel has taken whole. */
  const begun = new Set<number>();
  const taken = new Set<number>();
  const evidenceUntil = clock.monotonic() + evidenceGraceMs;
  let writer: InputWriter | null = null;
  let pumping = false;
  let tryAt = 0;

  const send = async (input: InputRow) => {
    if (!taken.has(input.key)) {
      await store.write((tx) => setInputState(tx, input.key, 'sending'));
      begun.add(input.key);
      writer ??= await launch.openInput(run, { isFresh: run.startedAt === null });
      await writer.write(input.line, signal).catch(async (error: unknown) => {
        if (isCut(error)) await store.write((tx) => setInputState(tx, input.key, 'pending'));
        throw error;
      });
      taken.add(input.key);
    }
    await store.write((tx) => setInputState(tx, input.key, 'sent'));
  };

  const handle = async (input: InputRow): Promise<'next' | 'stop'> => {
    if (input.state === 'uncertain') return 'stop';
    const isInterrupted = input.state === 'sending' && !begun.has(input.key);
    if (!isInterrupted || input.replay === 'safe') {
      await send(input);
      return 'next';
    }
    if (clock.monotonic() >= evidenceUntil) await declareUncertain(input);
    return 'stop';
  };

  const declareUncertain = (input: InputRow) =>
    store.write((tx) => {
      const still = openInputs(tx, run.key).find((row) => row.key === input.key && row.state === 'sending');
      if (still === undefined) return;
      setInputState(tx, input.key, 'uncertain');
      tx.event({
        type: 'input.uncertain',
        data: { input: input.inputKey, reason: uncertainReason },
        source: 'daemon',
        ...ofRun(run),
      });
      waitOn(tx, run, { waitingOn: 'input', reason: uncertainReason });
    });

  const pumpAll = async () => {
    for (;;) {
      const [input] = store.read((sql) => openInputs(sql, run.key));
      if (input === undefined || signal.aborted || (await handle(input)) === 'stop') return;
    }
  };

  return {
    pump: async () => {
      if (pumping || signal.aborted || clock.monotonic() < tryAt) return;
      pumping = true;
      try {
        await pumpAll();
      } catch (error) {
        tryAt = clock.monotonic() + retryMs;
        // That nobody reads any more is how each agent ends: the end itself is told elsewhere.
        if (!signal.aborted && !isAppError(error, 'run_ended'))
          log.warn('could not write to the agent; tried again', { run: run.id, err: error });
      } finally {
        pumping = false;
      }
    },
    close: async () => {
      closing.abort(new Error('the input was closed'));
      await writer?.close();
    },
  };
}

/** True when the line certainly did not arrive whole: what was written of it is ended by a newline, and unreadable. */
function isCut(error: unknown): boolean {
  return error instanceof AppError && typeof error.fields.written === 'number';
}
