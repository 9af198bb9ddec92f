/** Claims from the root that it is given, refuses all of it, claims twice more, and prints what came of it as JSON. */
import { systemClock } from '../../src/base/index.ts';
import { createInbox } from '../../src/domain/signals/index.ts';
import { keepingLog, namesOf } from './signal-folder.ts';

const [root = ''] = process.argv.slice(2);
const { log, said } = keepingLog();
const inbox = createInbox({ clock: systemClock, log, findTracked: async () => [] });
const claimed = await inbox.claim(root);
for (const signal of claimed) await inbox.refuse(signal, 'no');
const later = [...(await inbox.claim(root)), ...(await inbox.claim(root))];
const told = said.map(([message]) => message);
process.stdout.write(JSON.stringify({ claimed: namesOf(claimed), later: namesOf(later), told }));
