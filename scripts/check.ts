/**
 * `npm run check`: format, lint, types, dependency rules and the fast tests, in parallel where that helps. Prints what
 * failed and exits 1; everything else is quiet. What compilers can keep between two checks is kept in node_modules/.cache.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { fastTests, runSteps, type Step, staticSteps, stepsBeforeTap } from './steps.ts';

const cache = fileURLToPath(new URL('../node_modules/.cache/drover/', import.meta.url));
/** Many tests wait for a process rather than compute. */
const jobs = availableParallelism() + 1;
const fileTimeoutMs = 120_000;
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

/**
 * Tests written with tap are programs that Node's own runner can run as well, with half the work: tap's follows every
 * import of each of them. `npm test` runs them by tap.
 */
const unitTests: Step = {
  name: 'unit tests',
  command: [
    'node',
    '--test',
    `--test-concurrency=${jobs}`,
    `--test-timeout=${fileTimeoutMs}`,
    '--test-reporter=dot',
    ...fastTests(),
  ],
};

const before = await runSteps(stepsBeforeTap());
const results = await runSteps([unitTests, ...steps]);
process.exitCode = [...before, ...results].every(Boolean) ? 0 : 1;
