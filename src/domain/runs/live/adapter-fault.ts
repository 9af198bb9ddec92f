import type { Adapter } from '../../agents/index.ts';

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
    say: guarded(adapter.say),
    goOn: guarded(adapter.goOn),
    cancel: guarded(adapter.cancel),
    left: guarded(adapter.left),
    exited: guarded(adapter.exited),
  };
}
