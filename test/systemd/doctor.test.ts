import { join } from 'node:path';
import t from 'tap';
import { readableCheckout, systemdScript, systemdSkip } from '../support/systemd.ts';

t.setTimeout(200_000);
const skip = systemdSkip();
t.test('doctor beside a real user manager', { skip }, async (t) => {
  const { root, node, remove } = await readableCheckout([
    'dist',
    'test/support',
    'src/service',
    'package.json',
  ]);
  t.teardown(remove);

  const inside = join(root, 'test/support/systemd-doctor-inside.ts');
  const args = [systemdScript, '--timeout', '150', '--', node, inside, join(root, 'dist/main.js')];
  await t.spawn('bash', args, { timeout: 180_000 });
});
