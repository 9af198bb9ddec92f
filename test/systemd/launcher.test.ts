import { join } from 'node:path';
import t from 'tap';
import { readableCheckout, systemdScript, systemdSkip } from '../support/systemd.ts';

t.setTimeout(330_000);
const skip = systemdSkip();
t.test('launchers as transient services of a real user manager', { skip }, async (t) => {
  const needs = ['src', 'test/support', 'package.json', 'node_modules/zod', 'node_modules/ulid'];
  const { root, node, remove } = await readableCheckout(needs);
  t.teardown(remove);

  const inside = join(root, 'test/support/systemd-inside.ts');
  await t.spawn('bash', [systemdScript, '--timeout', '300', '--', node, inside], { timeout: 320_000 });
});
