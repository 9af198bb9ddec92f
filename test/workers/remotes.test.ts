import t from 'tap';
import type { Clock } from '../../src/base/index.ts';
import { createRemotes, heartbeatMs, maxRemotes } from '../../src/domain/workers/index.ts';

function makeRemotes() {
  const time = { now: 1_000_000 };
  const clock: Clock = { now: () => time.now, monotonic: () => time.now, sleep: async () => {} };
  return { time, remotes: createRemotes(clock) };
}
const nobody = () => false;
const body = { name: 'builder', url: 'https://build.example:8443/x' };

t.test('a remote worker stays by its heartbeat and is gone two minutes after the last', async (t) => {
  const { time, remotes } = makeRemotes();

  t.match(remotes.register(body, nobody), { isNew: true, remote: { host: 'build.example' } });
  time.now += heartbeatMs - 1;
  t.match(remotes.register({ ...body, version: '2' }, nobody), {
    isNew: false,
    remote: { version: '2', registeredAt: 1_000_000, heartbeatAt: time.now },
  });
  time.now += heartbeatMs - 1;
  t.equal(remotes.list().length, 1);
  time.now += 1;
  t.equal(remotes.find('builder'), undefined);
  t.strictSame(remotes.list(), []);
  t.match(remotes.register(body, nobody), { isNew: true });
  remotes.forget('builder');
  t.strictSame(remotes.list(), []);
});

t.test('a name belongs to the host that took it, which may move to another port', async (t) => {
  const { time, remotes } = makeRemotes();
  remotes.register(body, nobody);

  t.match(remotes.register({ ...body, url: 'https://build.example:9000' }, nobody), { isNew: false });
  t.throws(() => remotes.register({ ...body, host: 'another' }, nobody), {
    code: 'name_taken',
    message: /build\.example/,
  });
  time.now += heartbeatMs;
  t.match(remotes.register({ ...body, host: 'another' }, nobody), { isNew: true }, 'once it is silent');
});

t.test('there are only so many, and a silent one makes room', async (t) => {
  const { time, remotes } = makeRemotes();
  for (let index = 0; index < maxRemotes; index += 1)
    remotes.register({ ...body, name: `w${String(index).padStart(3, '0')}` }, nobody);

  t.throws(() => remotes.register(body, nobody), { code: 'busy' });
  t.match(remotes.register({ ...body, name: 'w007' }, nobody), { isNew: false }, 'those there are stay');
  t.equal(remotes.list()[1]?.name, 'w001', 'by name');
  time.now += heartbeatMs - 1;
  remotes.register({ ...body, name: 'w007' }, nobody);
  time.now += 1;
  t.match(remotes.register(body, nobody), { isNew: true });
  t.strictSame(
    remotes.list().map(({ name }) => name),
    ['builder', 'w007'],
  );
});
