/** How long nobody answers after `kill -9`: as a systemd user unit, with and without its socket unit, beside a bare server. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { readableCheckout, systemdScript, systemdSkip } from '../../test/support/systemd.ts';
import { percentile, type Result, rowsOf, skipped } from './figures.ts';
import type { Lab } from './lab.ts';

const plan = { rounds: 20, budgetMs: 120_000 };
const base = 'bare Node.js http server';

export async function benchComeback(lab: Lab): Promise<Result> {
  const title = 'comeback: from kill -9 to the next answer of GET /healthz';
  const why = systemdSkip();
  if (why !== false) return { title, rows: [skipped('a real systemd', why)] };
  const { root, node, remove } = await readableCheckout(['scripts/bench', 'test/support', 'package.json']);
  lab.onClose(remove);
  chmodSync(lab.folder, 0o755); // who runs in there is somebody else

  const inside = join(root, 'scripts/bench/comeback-inside.ts');
  const system = ['--bind', lab.folder, '--timeout', '170', '--'] as const;
  const limits = [`${plan.rounds}`, `${plan.budgetMs}`] as const;
  const command = ['bash', systemdScript, ...system, node, inside, lab.drover, '', ...limits] as const;
  const out = await lab.run(command, { timeout: 180_000 });
  const found = new Map(Object.entries(JSON.parse(out) as Record<string, number[]>));
  const rows = rowsOf(found, { base, unit: 'ms' }).map((row) => ({
    ...row,
    note: `p99 ${percentile(found.get(row.subject) ?? [], 0.99).toFixed(0)} ms`,
  }));
  return { title: `${title}, ${found.get(base)?.length} rounds`, rows };
}
