import t from 'tap';
import { followerCases } from '../support/follower-cases.ts';
import { launchCases } from '../support/launch-cases.ts';
import { treeCases } from '../support/tree-cases.ts';

t.setTimeout(300_000);
for (const { name, run } of [...launchCases, ...treeCases, ...followerCases]) {
  t.test(name, async (t) => {
    await run('session');
    t.pass('every assertion held');
  });
}
