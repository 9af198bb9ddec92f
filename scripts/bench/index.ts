/**
 * `npm run bench [NAME…]`: what drover costs, as ratios beside bare Node.js, pm2 and supervisor, each measured in the
 * same run by turns. Peers that are not on this machine are fetched into a temporary folder; one that cannot be had is
 * skipped by name. About five minutes in all. docs/benchmarks.md says how to read the figures.
 */
import { benchComeback } from './comeback.ts';
import { formatResults, type Result } from './figures.ts';
import { benchFirstByte } from './first-byte.ts';
import { benchHealthz } from './healthz.ts';
import { type Lab, makeLab } from './lab.ts';
import { benchMemory } from './memory.ts';
import { benchStart } from './start.ts';
import { benchStatus } from './status.ts';

const benches: Readonly<Record<string, (lab: Lab) => Promise<Result>>> = {
  status: benchStatus,
  start: benchStart,
  'first-byte': benchFirstByte,
  memory: benchMemory,
  healthz: benchHealthz,
  comeback: benchComeback,
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(benches, name));
if (unknown === undefined) await runAll(wanted.length === 0 ? Object.keys(benches) : wanted);
else {
  process.stderr.write(`error: There is no bench '${unknown}'\nhint: ${Object.keys(benches).join(', ')}\n`);
  process.exitCode = 2;
}

async function runAll(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const lab = await makeLab();
    const interrupt = () => void lab.close().finally(() => process.exit(130));
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    try {
      const result = await benches[name]?.(lab);
      if (result !== undefined) process.stdout.write(`${formatResults([result])}\n`);
    } finally {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      await lab.close();
    }
  }
}
