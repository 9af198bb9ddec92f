/**
 * `npm run check`: format, lint, types, dependency rules and the fast tests, in parallel where that helps. Prints what
 * failed and exits 1; everything else is quiet. What compilers can keep between two checks is kept in node_modules/.cache.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { runSteps, type Step, slowSuites, staticSteps, stepsBeforeTap } from './steps.ts';

const cache = fileURLToPath(new URL('../node_modules/.cache/drover/', import.meta.url));
/** Many tests wait for a process rather than compute. */
const jobs = availableParallelism() + 1;
process.env.NODE_COMPILE_CACHE = `${cache}compiled`;

/** What each step needs to begin where the last check ended; `npm test` always does all of it. */
const cached: Readonly<Record<string, readonly string[]>> = {
  types: ['--incremental', '--tsBuildInfoFile', `${cache}types.tsbuildinfo`],
  'lint with types': ['--cache', '--cache-strategy=content', `--cache-location=${cache}eslint`],
};
const steps = staticSteps.map(
  ({ name, command }): Step => ({
    name,
    command: [...command, ...(cached[name] ?? [])],
  }),
);

const unitTests: Step = {
  name: 'unit tests',
  command: [
    'tap',
    '--reporter=terse',
    `--jobs=${jobs}`,
    ...slowSuites.map((suite) => `--exclude=test/${suite}/**`),
  ],
};

const before = await runSteps(stepsBeforeTap());
const results = await runSteps([unitTests, ...steps]);
process.exitCode = [...before, ...results].every(Boolean) ? 0 : 1;
