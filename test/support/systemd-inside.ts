/** What `test/systemd/launcher.test.ts` runs inside the throw-away system: the cases as TAP, without any test library. */

import { followerCases } from './follower-cases.ts';
import { launchCases } from './launch-cases.ts';
import { systemdCases } from './systemd-cases.ts';
import { tapCases } from './tap-cases.ts';
import { treeCases } from './tree-cases.ts';

const only = new RegExp(process.argv[2] ?? '');
const cases = [...systemdCases, ...launchCases, ...treeCases, ...followerCases].filter(({ name }) =>
  only.test(name),
);
await tapCases(cases.map(({ name, run }) => ({ name, run: () => run('systemd') })));
