import {
  hasWrittenInput,
  type InputRow,
  openInputs,
  type RunRow,
  setInputState,
} from '../../../foundation/store/index.ts';
import { ofRun, waitOn } from '../follow/apply.ts';
import type { EngineDeps, InputWriter } from '../ports.ts';

/** How long the output may take to prove that a line of before a crash arrived. */
export const evidenceGraceMs = 5000;

/** Writes queued lines to the agent's stdin, in order, each marked before and after (contract §10.15). */
export type InputPump = {
  /** Writes what is queued; returns at once when a write is under way. */
  readonly pump: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * Makes the pump of one run. Crash points of a line: before `sending` is stored it is simply written later; between
 * that and `sent` it may or may not have arrived. A line that the protocol recognises twice is written again then; any
 * other waits for evidence in the output, then for a person.
 */
export function createInputPump(deps: EngineDeps, run: RunRow): InputPump {
  const { store, clock, launch, log } = deps;
  const ownSends = new Set<number>();
  const evidenceUntil = clock.monotonic() + evidenceGraceMs;
  let writer: InputWriter | null = null;
  let pumping = false;
  let closed = false;

  const send = async (input: InputRow) => {
    // Asked before the line is marked: an agent that reads strictly must not get an empty line first.
    const isFresh = !store.read((sql) => hasWrittenInput(sql, run.key));
    await store.write((tx) => setInputState(tx, input.key, 'sending'));
    ownSends.add(input.key);
    writer ??= await launch.openInput(run, { isFresh });
    await writer.write(input.line);
    await store.write((tx) => setInputState(tx, input.key, 'sent'));
  };

  const handle = async (input: InputRow): Promise<'next' | 'stop'> => {
    const isInterrupted = input.state === 'sending' && !ownSends.has(input.key);
    if (input.state === 'uncertain') return 'stop';
    if (!isInterrupted || input.replay === 'safe') {
      await send(input);
      return 'next';
    }
    if (clock.monotonic() < evidenceUntil) return 'stop';
    await store.write((tx) => {
      const still = openInputs(tx, run.key).find((row) => row.key === input.key && row.state === 'sending');
      if (still === undefined) return;
      const reason =
        'The daemon stopped while it wrote this to the agent, and the agent has not shown that it arrived';
      setInputState(tx, input.key, 'uncertain');
      tx.event({
        type: 'input.uncertain',
        data: { input: input.inputKey, reason },
        source: 'daemon',
        ...ofRun(run),
      });
      waitOn(tx, run, { waitingOn: 'input', reason });
    });
    return 'stop';
  };

  const pumpAll = async () => {
    for (;;) {
      const [input] = store.read((sql) => openInputs(sql, run.key));
      if (input === undefined || closed || (await handle(input)) === 'stop') return;
    }
  };

  return {
    pump: async () => {
      if (pumping || closed) return;
      pumping = true;
      try {
        await pumpAll();
      } catch (error) {
        log.warn('could not write to the agent; tried again at the next change', { run: run.id, err: error });
      } finally {
        pumping = false;
      }
    },
    close: async () => {
      closed = true;
      await writer?.close();
    },
  };
}
