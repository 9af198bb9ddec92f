import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { cleanEnvironment, leftSocket } from '../../scripts/start-parts.ts';

void t.test(
  'npm start stops a daemon only by a socket of its own, never the machine’s usual one',
  async (t) => {
    const state = t.testdir();
    const write = (content: string) => writeFileSync(join(state, 'daemon.json'), content);
    t.equal(leftSocket({ state }), null, 'a new state root has left nothing');

    const own = [join(state, 'drover.sock'), join(tmpdir(), 'drover-demo-x', 'drover.sock')];
    for (const socket of own) {
      write(JSON.stringify({ socket }));
      t.equal(leftSocket({ state }), socket);
    }
    const foreign = [
      '/tmp/drover-0/drover.sock',
      '/run/user/1000/drover/drover.sock',
      join(tmpdir(), 'drover-demo-x', '..', 'drover-0', 'drover.sock', 'x'),
    ];
    for (const socket of foreign) {
      write(JSON.stringify({ socket }));
      t.equal(leftSocket({ state }), null, socket);
    }
    for (const content of ['', '{', 'null', '{"socket":7}']) {
      write(content);
      t.equal(leftSocket({ state }), null, content);
    }
  },
);

void t.test('no setting of another daemon reaches the demo', async (t) => {
  const names = [
    'DROVER_SOCKET',
    'DROVER_RUN_TOKEN',
    'DROVER_CONFIG',
    'NOTIFY_SOCKET',
    'LISTEN_FDS',
    'GIT_DIR',
  ];
  for (const name of names) process.env[name] = 'x';
  const env = cleanEnvironment();
  for (const name of names) delete process.env[name];

  for (const name of names) t.notOk(name in env, name);
  t.equal(env.PATH, process.env.PATH);
});
