import t from 'tap';
import { formatUsage } from '../../src/cli/print/usage.ts';
import type { UsageReport } from '../../src/contract/index.ts';

type Item = UsageReport['items'][number];
const item = (key: string, more: Partial<Item> = {}): Item => ({
  key,
  label: null,
  input_tokens: 1200,
  output_tokens: 34,
  cost_usd: null,
  runs: null,
  ...more,
});
const shown = (by: UsageReport['by'], ...items: Item[]) =>
  formatUsage({ by, since: null, until: null, items }).split('\n');

void t.test('what no agent told is a dash, and a sum leaves it out', async (t) => {
  t.strictSame(shown('day', item('2026-11-28'), item('2026-11-27', { cost_usd: 1.5 })), [
    'DAY           INPUT  OUTPUT   COST',
    '2026-11-28    1,200      34      -',
    '2026-11-27    1,200      34  $1.50',
    'all of these  2,400      68  $1.50',
    '',
  ]);
  t.match(shown('day', item('2026-11-28'), item('2026-11-27')).at(3), /68 +-$/);
  t.strictSame(shown('agent', item('claude', { cost_usd: 0.0012 })).slice(0, 2), [
    'AGENT   INPUT  OUTPUT     COST',
    'claude  1,200      34  $0.0012',
  ]);
  t.strictSame(shown('day'), ['nothing was used up', '']);
});

void t.test('repositories go by their names, sessions tell their runs', async (t) => {
  const [, named, nameless, removed] = shown(
    'repo',
    item('repo_1', { label: 'shop' }),
    item(''),
    item('repo_2'),
  );

  t.match(named, /^shop /);
  t.match(nameless, /^\(none\) /);
  t.match(removed, /^repo_2 /, 'one that is not registered any more');
  t.match(
    shown('session', item('s1', { runs: 2, label: 'Fix\u001b[31m it' })).at(1),
    /- {5}2 {2}Fix\\e\[31m it$/,
  );
});
