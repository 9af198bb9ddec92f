/** The steps of `npm run check` that are no tests, and how a step is run: quiet when it passes, all of its output when not. */
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A command whose exit code says whether it passed. */
export type Step = { readonly name: string; readonly command: readonly [string, ...string[]] };

/** Suites that take longer than a check may: run by `npm test`. */
const slowSuites = [
  'engine',
  'repos',
  'e2e',
  'agents-real',
  'crash',
  'hostile',
  'systemd',
  'launchd',
  'bench',
] as const;

/** The files of all other tests. */
export function fastTests(): string[] {
  const isSlow = (file: string) => slowSuites.some((suite) => file.startsWith(join('test', suite, '/')));
  return globSync('test/**/*.test.ts')
    .filter((file) => !isSlow(file))
    .sort();
}

/**
 * What has to come before tap in a fresh clone, if anything. tap arrives with a compiler among its plugins and takes it
 * out, as .taprc says, only when its first run is under way with it; until then no test of ours can be loaded.
 */
export function stepsBeforeTap(): readonly Step[] {
  const built = new URL('../node_modules/@tapjs/test/test-built/dist/esm/index.js', import.meta.url);
  if (!readFileSync(built, 'utf8').includes('@tapjs/typescript')) return [];
  return [{ name: 'tap without its compiler', command: ['tap', 'build'] }];
}

export const staticSteps: readonly Step[] = [
  { name: 'format and lint', command: ['biome', 'check', '.'] },
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'lint with types', command: ['eslint', 'src', 'scripts', 'test'] },
  { name: 'dependency rules', command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'src'] },
];

/** Runs one step to its end and says how it went; false when it failed. */
export function runStep(step: Step): Promise<boolean> {
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

/** Runs all steps, two at a time; how each went, in the order in which they ended. */
export async function runSteps(steps: readonly Step[]): Promise<boolean[]> {
  const results: boolean[] = [];
  const queue = [...steps];
  const worker = async () => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift())
      results.push(await runStep(step));
  };
  await Promise.all([worker(), worker()]);
  return results;
}
