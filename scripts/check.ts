/**
 * `npm run check`: format, lint, types, dependency rules and the fast tests, in parallel where that helps. Prints what
 * failed and exits 1; everything else is quiet.
 */
import { spawn } from 'node:child_process';

type Step = { readonly name: string; readonly command: readonly [string, ...string[]] };

/** Suites that take longer than a check may: run by `npm test`. */
export const slowSuites = ['e2e', 'crash', 'hostile', 'systemd', 'bench'];

const steps: readonly Step[] = [
  { name: 'format and lint', command: ['biome', 'check', '.'] },
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'lint with types', command: ['eslint', 'src', 'scripts', 'test'] },
  { name: 'dependency rules', command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'src'] },
  {
    name: 'unit tests',
    command: ['tap', '--reporter=terse', ...slowSuites.map((suite) => `--exclude=test/${suite}/**`)],
  },
];

function run(step: Step): Promise<boolean> {
  return new Promise((resolve) => {
    const started = performance.now();
    const [file, ...args] = step.command;
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.once('error', (error) => {
      process.stderr.write(`${step.name}: ${error.message}\n`);
      resolve(false);
    });
    child.once('close', (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)\n`);
      if (code !== 0) process.stdout.write(Buffer.concat(output));
      resolve(code === 0);
    });
  });
}

const results: boolean[] = [];
const queue = [...steps];
const worker = async () => {
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) results.push(await run(step));
};
await Promise.all([worker(), worker()]);
process.exitCode = results.every(Boolean) ? 0 : 1;
