import { join } from 'node:path';
import t from 'tap';
import { readableCheckout, systemdScript, systemdSkip } from '../support/systemd.ts';

t.setTimeout(200_000);
const skip = systemdSkip();
t.test('the daemon and its manager, from the start to being given up', { skip }, async (t) => {
  const needs = ['dist', 'service-templates', 'test/support', 'package.json'];
  const { root, node, remove } = await readableCheckout(needs);
  t.teardown(remove);

  const inside = join(root, 'test/support/systemd-notify-inside.ts');
  const args = [systemdScript, '--timeout', '150', '--', node, inside, join(root, 'dist/main.js')];
  await t.spawn('bash', args, { timeout: 180_000 });
});
