import { spawnSync } from 'node:child_process';
import t from 'tap';
import { machineUnits, parseUnits } from '../../src/base/machine-units.ts';

t.test('the vector of a process names its units', async (t) => {
  const vector = Buffer.alloc(48);
  for (const [index, value] of [6n, 16_384n, 17n, 250n, 0n, 0n].entries())
    vector.writeBigUInt64LE(value, index * 8);

  t.strictSame(parseUnits(vector), { tickMs: 4, pageBytes: 16_384 });
  t.strictSame(parseUnits(Buffer.alloc(0)), { tickMs: 10, pageBytes: 4096 }, 'nothing in it: the usual ones');
});

const getconf = (name: string) => spawnSync('getconf', [name], { encoding: 'utf8' });
const skip =
  process.platform !== 'linux' ? 'reads /proc' : getconf('PAGESIZE').status !== 0 && 'needs getconf';

t.test('this machine counts in the units that it says', { skip }, async (t) => {
  t.strictSame(machineUnits(), {
    tickMs: 1000 / Number(getconf('CLK_TCK').stdout),
    pageBytes: Number(getconf('PAGESIZE').stdout),
  });
});
