/** What `test/systemd/launcher.test.ts` runs inside the throw-away system: the cases as TAP, without any test library. */
import { followerCases } from './follower-cases.ts';
import { launchCases } from './launch-cases.ts';
import { systemdCases } from './systemd-cases.ts';

const only = new RegExp(process.argv[2] ?? '');
const cases = [...systemdCases, ...launchCases, ...followerCases].filter(({ name }) => only.test(name));
process.stdout.write(`TAP version 14\n1..${cases.length}\n`);
for (const [index, { name, run }] of cases.entries()) {
  const outcome = await run('systemd').then(
    () => null,
    (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
  process.stdout.write(`${outcome === null ? 'ok' : 'not ok'} ${index + 1} - ${name}\n`);
  if (outcome !== null) process.stdout.write(outcome.replace(/^/gm, '# ').concat('\n'));
  if (outcome !== null) process.exitCode = 1;
}
