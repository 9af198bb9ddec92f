/** Claims again and again while this process has no descriptor left, then a few, then all; prints what came of it as JSON. */
import { closeSync, openSync } from 'node:fs';
import { systemClock } from '../../src/base/index.ts';
import { createInbox } from '../../src/domain/signals/index.ts';
import { keepingLog, namesOf } from './signal-folder.ts';

const [root = ''] = process.argv.slice(2);
const { log, said } = keepingLog();
const inbox = createInbox({ clock: systemClock, log, findTracked: async () => [] });
const opened: number[] = [];
const claimed: string[] = [];
try {
  for (;;) opened.push(openSync('/dev/null', 'r'));
} catch {
  // none is left
}
const rounds: number[] = [];
for (let left = 0; left < 10; left += 1) {
  const signals = await inbox.claim(root);
  rounds.push(signals.length);
  claimed.push(...namesOf(signals));
  const last = opened.pop();
  if (last !== undefined) closeSync(last);
}
for (const descriptor of opened) closeSync(descriptor);
claimed.push(...namesOf(await inbox.claim(root)));
process.stdout.write(JSON.stringify({ claimed, rounds, told: said.length }));
