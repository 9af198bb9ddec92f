import { join } from 'node:path';
import t from 'tap';
import { readableCheckout, systemdScript, systemdSkip } from '../support/systemd.ts';

t.setTimeout(200_000);
const skip = systemdSkip();
t.test('the service under a real user manager, from its installation to its end', { skip }, async (t) => {
  const { root, node, remove } = await readableCheckout(['dist', 'test/support', 'package.json']);
  t.teardown(remove);

  const inside = join(root, 'test/support/systemd-install-inside.ts');
  const args = [systemdScript, '--timeout', '150', '--', node, inside, join(root, 'dist/main.js')];
  await t.spawn('bash', args, { timeout: 180_000 });
});
