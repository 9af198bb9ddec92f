import { createMutex } from '../../../base/index.ts';
import {
  getRun,
  type RunRow,
  type Store,
  type Transaction,
  updateRun,
} from '../../../foundation/store/index.ts';
import type { OutputPiece } from '../../agents/index.ts';
import { applyEffects, type RunEffect } from '../follow/apply.ts';
import type { JudgedAdapter, JudgedStep } from './judged-adapter.ts';

/**
 * Stores a step of the adapter together with what belongs to it, one at a time. Rejects with `storage_failed` when the
 * disk does not take it; then nothing of it happened.
 */
export type Steps = <T>(step: (state: unknown) => JudgedStep, change: (tx: Transaction) => T) => Promise<T>;

export type StepsOptions = {
  readonly store: Store;
  readonly run: Pick<RunRow, 'key' | 'id' | 'repoId'>;
  /** Called when a request has been put to a person. */
  readonly onAsked: () => void;
};

/** Makes the steps of one run. Its adapter's state has no other writer once the agent is started, so it is kept here. */
export function createSteps({ store, run, onAsked }: StepsOptions): Steps {
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
      if (effects.some(isAsked)) onAsked();
      return result;
    });
}

function isAsked(effect: RunEffect): boolean {
  return effect.kind === 'approval' && effect.verdict.kind === 'person';
}

/** One step over all pieces. Of the results in it only the last counts. */
export function readPieces(
  adapter: JudgedAdapter,
  state: unknown,
  pieces: readonly OutputPiece[],
): JudgedStep {
  let current = state;
  let result: RunEffect | null = null;
  const effects: RunEffect[] = [];
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
