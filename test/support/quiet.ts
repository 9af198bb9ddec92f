import { spawnSync } from 'node:child_process';

/** A bare node that needs longer shares its machine with too much else for a judgement on time: some 40 ms are usual. */
const quietBareMs = 100;

/** How long `node -e 0` takes. */
export function bareStartMs(): number {
  const started = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - started;
}

/** Why times say nothing here and now, by what bare nodes have needed meanwhile; false when they do. */
export function whyTooBusy(bareMs: readonly number[]): string | false {
  const median = bareMs.toSorted((a, b) => a - b)[Math.floor(bareMs.length / 2)] ?? 0;
  return median > quietBareMs && `a bare node needs ${Math.round(median)} ms here and now`;
}
