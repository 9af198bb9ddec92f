import type { Clock } from '../base/index.ts';

/** So many refused signals of one place have a receipt within this time: agents can write them without end. */
export const maxRefusals = 30;
export const windowMs = 60_000;

/** What one place was refused since. */
type Count = { readonly since: number; refused: number; last: string };

/** Counts refusals by place. */
export type RefusalRate = {
  /** True when the next refusal of this place is only counted. */
  readonly isOver: (path: string) => boolean;
  readonly note: (path: string, name: string) => void;
  /** Forgets the places whose time is over, and tells of those that were refused more. */
  readonly settle: (
    tell: (path: string, of: { readonly more: number; readonly last: string }) => void,
  ) => void;
};

/** Makes it. */
export function createRefusalRate(clock: Clock): RefusalRate {
  const counts = new Map<string, Count>();
  return {
    isOver: (path) => (counts.get(path)?.refused ?? 0) >= maxRefusals,
    note: (path, name) => {
      const count = counts.get(path) ?? { since: clock.monotonic(), refused: 0, last: name };
      counts.set(path, count);
      count.refused += 1;
      count.last = name;
    },
    settle: (tell) => {
      for (const [path, { since, refused, last }] of counts) {
        if (clock.monotonic() - since < windowMs) continue;
        counts.delete(path);
        if (refused > maxRefusals) tell(path, { more: refused - maxRefusals, last });
      }
    },
  };
}
