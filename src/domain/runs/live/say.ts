import type { Transaction } from '../../../foundation/store/index.ts';
import type { JudgedAdapter } from './judged-adapter.ts';
import type { Steps } from './steps.ts';

/** What a person says to an agent at work; `key` is unique in the run. */
export type Message = { readonly key: string; readonly text: string };

/** Stores what the adapter makes of a message together with `change`, which is told why it was refused, if it was. */
export type Say = <T>(message: Message, change: (tx: Transaction, refusal: string | null) => T) => Promise<T>;

/** Makes it for one run. */
export function createSay(steps: Steps, adapter: Pick<JudgedAdapter, 'say'>): Say {
  return (message, change) => {
    let refusal: string | null = null;
    const step = (state: unknown) => {
      const said = adapter.say(state, message);
      for (const effect of said.effects)
        if (effect.kind === 'heard' && effect.key === message.key) refusal = effect.unreadBecause;
      return said;
    };
    return steps(step, (tx) => change(tx, refusal));
  };
}
