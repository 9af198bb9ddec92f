import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readableCheckout, systemdScript, systemdSkip } from '../support/systemd.ts';

t.setTimeout(300_000);
const skip = systemdSkip();
t.test('a service through logins, logouts and a reboot', { skip }, async (t) => {
  const needs = ['dist', 'service-templates', 'test/support', 'package.json'];
  const { root, node, remove } = await readableCheckout(needs);
  t.teardown(remove);
  const state = mkdtempSync('/tmp/drover-boots-'); // of the overlay: on a file system of its own kind it would be refused
  t.teardown(() => rmSync(state, { recursive: true, force: true }));

  for (const boot of ['first', 'second']) {
    const inside = join(root, 'test/support/systemd-life-inside.ts');
    const script = [systemdScript, '--as-root', '--state', state, '--timeout', '140'];
    await t.spawn('bash', [...script, '--', node, inside, join(root, 'dist/main.js'), boot], {
      timeout: 160_000,
    });
  }
});
