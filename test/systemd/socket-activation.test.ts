import { join } from 'node:path';
import t from 'tap';
import { readableCheckout, systemdScript, systemdSkip } from '../support/systemd.ts';

t.setTimeout(200_000);
const skip = systemdSkip();
t.test('the daemon on a socket that its manager holds', { skip }, async (t) => {
  const needs = ['dist', 'service-templates', 'test/support', 'package.json'];
  const { root, node, remove } = await readableCheckout(needs);
  t.teardown(remove);

  const inside = join(root, 'test/support/systemd-socket-inside.ts');
  const args = [systemdScript, '--timeout', '150', '--', node, inside, join(root, 'dist/main.js')];
  await t.spawn('bash', args, { timeout: 180_000 });
});
