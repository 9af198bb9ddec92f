import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from './random.ts';

/**
 * Ways of a process tree not to end, each a shell script that gets its tree's folder as `$1`. Every process names that
 * folder in its arguments, which the product knows nothing of: so a test finds what the product missed. Each has an end
 * of its own, after about a minute or with its script's removal, so that nothing outlives a failed test.
 */
const ways = {
  deaf: `trap '' TERM HUP INT; i=0
while [ $((i += 1)) -le 60 ]; do "$1/sleep" 1; done`,
  sessions: `setsid sh "$1/deaf.sh" "$1" & setsid sh "$1/deaf.sh" "$1" & wait`,
  daemons: `( (setsid sh "$1/deaf.sh" "$1" </dev/null >/dev/null 2>&1 &) & )`,
  'holds the output': `("$1/sleep" 60 &)`,
  orphans: `(sh -c '("$1/sleep" 60 &); ("$1/sleep" 60 &)' sh "$1" &)`,
  'clears its environment': `env -i "$1/sleep" 60 & exec env -i sh "$1/deaf.sh" "$1"`,
  'leaves no trace': `cd /; setsid env -i sh -c '(trap "" TERM; exec "$1/sleep" 60) & exit' sh "$1" </dev/null >/dev/null 2>&1`,
  stopped: `"$1/sleep" 60 & kill -STOP $!; sh -c 'kill -STOP $$; exec "$1/sleep" 60' sh "$1" & wait`,
  storm: `trap '' TERM; i=0
while [ $((i += 1)) -le 200 ]; do sh "$1/deaf.sh" "$1" & done; wait`,
  hops: `exec setsid sh "$1/hop.sh" "$1" 3000 0.01`,
  'hops without rest': `exec setsid sh "$1/hop.sh" "$1" 8000 0`,
  'hops without a trace': `exec setsid env -i sh "$1/hop.sh" "$1" 3000 0.01`,
  'spawns when told to end': `trap '(setsid sh "$1/deaf.sh" "$1" &)' TERM; i=0
while [ $((i += 1)) -le 300 ]; do "$1/sleep" 0.2; done`,
  'guards its guard': `exec sh "$1/guard.sh" "$1" 0 40`,
  busy: `trap '' TERM; i=0; while [ $((i += 1)) -le 20000000 ]; do :; done`,
  deep: `exec sh "$1/down.sh" "$1" 40`,
  'in namespaces': `unshare --user --pid --fork sh "$1/deaf.sh" "$1" 2>/dev/null || exec sh "$1/deaf.sh" "$1"`,
} as const;
export type NastyWay = keyof typeof ways;
export const nastyWays = Object.keys(ways) as NastyWay[];

/** What those scripts share: a process that goes on as its own child, one that is two, one in many layers. */
const parts = {
  hop: `[ "$2" -gt 0 ] && [ -e "$1/hop.sh" ] || exit 0
if [ "$3" != 0 ]; then "$1/sleep" "$3"; fi
setsid sh "$1/hop.sh" "$1" $(($2 - 1)) "$3" </dev/null >/dev/null 2>&1 & exit 0`,
  guard: `trap '' TERM; other=$2 left=$3 i=0
while [ $((i += 1)) -le 600 ]; do
  if [ "$left" -gt 0 ] && ! kill -0 "$other" 2>/dev/null; then
    left=$((left - 1)); setsid sh "$1/guard.sh" "$1" $$ $left & other=$!
  fi
  "$1/sleep" 0.1
done`,
  down: `trap '' HUP; if [ "$2" -gt 0 ]; then sh "$1/down.sh" "$1" $(($2 - 1)) & fi; "$1/sleep" 60`,
} as const;

/** What the agent itself does once its tree has grown. */
const heads = {
  waits: `wait; exec "$1/sleep" 60`,
  deaf: `exec sh "$1/deaf.sh" "$1"`,
  stopped: 'kill -STOP $$',
  'stops its launcher': `kill -STOP $PPID; exec sh "$1/deaf.sh" "$1"`,
  /** Ends by itself when it is let, and leaves the rest behind. */
  leaves: `while [ ! -e "$1/leave" ]; do "$1/sleep" 0.05; done`,
} as const;

const headNames = Object.keys(heads) as (keyof typeof heads)[];

export type NastyTree = {
  readonly folder: string;
  readonly ways: readonly NastyWay[];
  readonly head: keyof typeof heads;
  /** The agent's command. */
  readonly command: readonly string[];
  /** There once all of the tree has been started. */
  readonly ready: string;
  /** Made to let the head leave. */
  readonly leave: string;
};

/** Writes a tree's scripts. The first tree of each `nastyWays.length` has another first way, so that none is left out. */
export function writeNastyTree(parent: string, random: Random, index: number): NastyTree {
  const folder = join(parent, String(index));
  mkdirSync(folder);
  symlinkSync('/bin/sleep', join(folder, 'sleep'));
  const first = nastyWays[index % nastyWays.length] as NastyWay;
  const more = Array.from({ length: random.below(3) }, () => random.pick(cheap));
  const chosen = [...new Set([first, ...more])];
  const head = random.pick(headNames);
  const begin = chosen.map((way) => `sh "$1/${fileOf(way)}" "$1" &`).join('\n');
  const scripts = { ...ways, ...parts, agent: `${begin}\n: >"$1/ready"\n${heads[head]}` };
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(folder, fileOf(name)), `${text}\n`);
  return {
    folder,
    ways: chosen,
    head,
    command: ['/bin/sh', join(folder, 'agent.sh'), folder],
    ready: join(folder, 'ready'),
    leave: join(folder, 'leave'),
  };
}

/** Those that may be had several of at once without keeping a small machine from everything else. */
const cheap = nastyWays.filter((way) => !['storm', 'hops without rest', 'busy'].includes(way));

function fileOf(name: string): string {
  return `${name.replaceAll(' ', '-')}.sh`;
}
