/**
 * `npm run check`: format, lint, types, dependency rules and the fast tests, in parallel where that helps. Prints what
 * failed and exits 1; everything else is quiet.
 */
import { runSteps, type Step, slowSuites, staticSteps, stepsBeforeTap } from './steps.ts';

const unitTests: Step = {
  name: 'unit tests',
  command: ['tap', '--reporter=terse', ...slowSuites.map((suite) => `--exclude=test/${suite}/**`)],
};

const before = await runSteps(stepsBeforeTap());
const results = await runSteps([unitTests, ...staticSteps]);
process.exitCode = [...before, ...results].every(Boolean) ? 0 : 1;
