import { createMutex } from '../../../base/index.ts';
import {
  getRun,
  type RunRow,
  type Store,
  type Transaction,
  updateRun,
} from '../../../foundation/store/index.ts';
import type { Adapter, AdapterEffect, OutputPiece, Step } from '../../agents/index.ts';
import { applyEffects } from '../follow/apply.ts';

/** The adapter threw: a fault of ours that the next try would meet again. */
export class AdapterFault extends Error {
  constructor(cause: unknown) {
    super(`The adapter failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'AdapterFault';
  }
}

/** The same adapter, whose throws can be told from everything else that may go wrong. */
export function withFaults(adapter: Adapter<unknown>): Adapter<unknown> {
  const guarded =
    <Args extends readonly unknown[], Result>(work: (...args: Args) => Result) =>
    (...args: Args): Result => {
      try {
        return work(...args);
      } catch (error) {
        throw new AdapterFault(error);
      }
    };
  return {
    ...adapter,
    start: guarded(adapter.start),
    read: guarded(adapter.read),
    answer: guarded(adapter.answer),
    cancel: guarded(adapter.cancel),
    left: guarded(adapter.left),
    exited: guarded(adapter.exited),
  };
}

/**
 * Stores a step of the adapter together with what belongs to it, one at a time. Rejects with `storage_failed` when the
 * disk does not take it; then nothing of it happened.
 */
export type Steps = <T>(
  step: (state: unknown) => Step<unknown>,
  change: (tx: Transaction) => T,
) => Promise<T>;

/** Makes the steps of one run. Its adapter's state has no other writer once the agent is started, so it is kept here. */
export function createSteps(store: Store, run: Pick<RunRow, 'key' | 'id' | 'repoId'>): Steps {
  const exclusive = createMutex();
  let known: { readonly state: unknown } | null = null;
  return (step, change) =>
    exclusive(async () => {
      const before = known?.state ?? store.read((sql) => getRun(sql, run.key)).adapterState;
      const { state, effects } = step(before);
      const result = await store.write((tx) => {
        if (state !== before) updateRun(tx, run.key, { adapterState: state });
        applyEffects(tx, run, effects);
        return change(tx);
      });
      known = { state };
      return result;
    });
}

/** One step over all pieces. Of the results in it only the last counts. */
export function readPieces(
  adapter: Adapter<unknown>,
  state: unknown,
  pieces: readonly OutputPiece[],
): Step<unknown> {
  let current = state;
  let result: AdapterEffect | null = null;
  const effects: AdapterEffect[] = [];
  for (const piece of pieces) {
    const step = adapter.read(current, piece);
    current = step.state;
    for (const effect of step.effects) {
      if (effect.kind === 'result') result = effect;
      else effects.push(effect);
    }
  }
  return { state: current, effects: result === null ? effects : [...effects, result] };
}
