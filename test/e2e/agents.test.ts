import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ListedAgent, Page } from '../../src/contract/index.ts';
import { createWorld } from '../support/real-daemon.ts';

t.setTimeout(120_000);

t.test('which agents there are is told without running one of them', async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  const ran = join(world.root, 'ran');
  const bin = join(world.root, 'bin');
  const program = join(world.root, 'versions/9.8.7');
  for (const folder of [bin, join(world.root, 'versions')]) mkdirSync(folder);
  writeFileSync(program, `#!/bin/sh\ntouch ${ran}\n`);
  chmodSync(program, 0o755);
  for (const name of ['codex', 'goose']) symlinkSync(program, join(bin, name));
  world.configure(
    `default_agent = "mine"\n[agents.mine]\nruntime = "codex"\ncommand = ["${join(bin, 'codex')}", "exec"]\n`,
  );
  const env = { PATH: `${bin}:/usr/bin:/bin` };
  t.equal((await world.run(['daemon', 'start'], { env })).code, 0);

  const { items } = await world.json<Page<ListedAgent>>(['agents']);
  const all = await world.drover('agents --all');

  const tested_with = '0.169.0';
  t.match(items, [
    { name: 'codex', runtime: 'codex', source: 'found', version: '9.8.7', tested_with, is_default: false },
    { name: 'goose', runtime: 'acp', command: [join(bin, 'goose'), 'acp'], tested_with: null },
    { name: 'codex-exec', runtime: 'codex', tested_with },
    { name: 'mine', source: 'config', version: '9.8.7', tested_with, is_default: true },
    { name: 'demo', source: 'built-in' },
    { name: 'command', source: 'built-in', command: [] },
    { name: 'terminal', source: 'built-in', command: [] },
  ]);
  t.equal(items.length, 7);
  t.match(all.out, /^AGENT +VERSION +RUNTIME +TESTED +FROM +COMMAND$/m);
  t.match(all.out, /^codex +9\.8\.7 +codex +tested with 0\.169\.0 +PATH +\S+codex$/m);
  t.match(all.out, /^mine \* +9\.8\.7 /m);
  t.match(all.out, /^goose +9\.8\.7 +acp +untested /m);
  t.match(all.out, /^gemini +- +acp .*not installed +npm install --global @google\/gemini-cli$/m);
  t.match(all.out, /^cursor .*not installed +needs cursor-agent on the daemon’s PATH$/m);
  t.notOk(existsSync(ran), 'nothing was executed');
});
