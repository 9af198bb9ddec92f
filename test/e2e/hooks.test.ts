import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Approval, Event, Run } from '../../src/contract/index.ts';
import { startDaemon } from '../support/daemon-life.ts';
import { codeBlocks } from '../support/house.ts';
import { processesOf } from '../support/processes.ts';
import { createWorld, startWorld, type World } from '../support/real-daemon.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

const fake = JSON.stringify([
  process.execPath,
  fileURLToPath(new URL('../support/fake-acp.ts', import.meta.url)),
]);
const agent = `[agents.fake]\nruntime = "acp"\ncommand = ${fake}\n`;
const hook = (target: string, ...on: string[]) => `[[hooks]]\non = ${JSON.stringify(on)}\n${target}\n`;
const to = (receiver: Receiver, path: string) => `url = "${receiver.url}${path}"`;

async function aReceiver(t: Test): Promise<Receiver> {
  const receiver = await startReceiver();
  t.teardown(receiver.close);
  return receiver;
}

async function aWorld(t: Test, toml: string): Promise<World> {
  const world = await startWorld(toml);
  t.teardown(world.close);
  return world;
}

/** Starts a run of a shell line and waits for its end. */
async function runToEnd(world: World, script = 'true'): Promise<Run> {
  const { id } = await world.start(script);
  return world.reach(id, 'succeeded', 'failed');
}

const seqsOf = async (world: World, ...types: string[]) =>
  (await world.events()).filter(({ type }) => types.includes(type)).map(({ seq }) => seq);
const reload = async (world: World, toml: string) => {
  world.configure(toml);
  const said = await world.drover('daemon reload');
  if (said.code !== 0) throw new Error(said.err);
};
const hasWarning = async (world: World, pattern: RegExp) =>
  (await world.status()).warnings.some((warning) => pattern.test(warning));

t.test(
  'an approval that waits and a run that has ended are told, in order, as the journal has them',
  async (t) => {
    const receiver = await aReceiver(t);
    const world = await aWorld(
      t,
      `${agent}${hook(to(receiver, '/few'), 'run.finished', 'approval.requested')}${hook(to(receiver, '/all'), '*')}`,
    );
    await runToEnd(world);
    const { id } = await world.json<Run>(['run', '--bg', '--agent', 'fake', 'ask say:thanks']);
    const [approval] = await until('the approval', async () => {
      const { items } = await world.json<{ items: Approval[] }>(['approvals', 'list']);
      return items.length === 1 && items;
    });
    await until('it to be told', () =>
      receiver.on('/few').some(({ event }) => event.type === 'approval.requested'),
    );
    await world.drover(`approvals allow ${approval?.id}`);
    await world.reach(id, 'succeeded');

    await until('the end to be told', () => receiver.on('/few').length === 3);
    const events = await world.events();
    const wanted = events.filter(({ type }) => ['run.finished', 'approval.requested'].includes(type));
    t.strictSame(
      receiver.on('/few').map(({ event }) => event),
      wanted.map((event) => ({ ...event, profile: 'default' })),
    );
    t.match(receiver.on('/few')[1]?.event, { run_id: id, data: { approval_id: approval?.id, waits: true } });
    t.match(receiver.on('/few')[1]?.headers, {
      'content-type': 'application/json',
      'drover-event': 'approval.requested',
      'drover-delivery': new RegExp(`^[0-9a-f]{16}-${wanted[1]?.seq}$`),
    });

    const isTold = ({ type }: Event) => !/^output\.|\.delta$/.test(type);
    const first = receiver.on('/all')[0]?.event.seq ?? 0;
    const all = events.filter((event) => isTold(event) && event.seq >= first).map(({ seq }) => seq);
    await until('the rest', () => receiver.on('/all').length >= all.length);
    t.same(
      receiver
        .on('/all')
        .map(({ event }) => event.seq)
        .slice(0, all.length),
      all,
    );
    t.same((await world.status()).warnings, []);
  },
);

t.test(
  'what is refused, redirected or not there is tried again under the same id, with a warning',
  async (t) => {
    const receiver = await aReceiver(t);
    const world = await aWorld(t, hook(to(receiver, '/in'), 'run.finished'));
    const isWrong = (why: string) =>
      until(why, () => hasWarning(world, new RegExp(`127\\.0\\.0\\.1.*: ${why}.*tried again`)));
    const isWell = () => until('no warning', async () => (await world.status()).warnings.length === 0);

    receiver.answer(({ response }) => response.writeHead(500).end('no'));
    await runToEnd(world);
    await isWrong('it answered 500');
    receiver.answer(({ response }) =>
      response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end(),
    );
    await isWrong('it answered 302, and redirects are not followed');
    await receiver.close();
    await isWrong('connect ECONNREFUSED');
    const next = await runToEnd(world);
    const back = await startReceiver(receiver.port);
    t.teardown(back.close);
    await reload(world, `${hook(to(receiver, '/in'), 'run.finished')}timeout = "29s"\n`); // tried at once
    await isWell();
    await until('both', () => back.received.length === 2);

    const tries = [...receiver.received, ...back.received];
    t.ok(receiver.received.length >= 2, `${receiver.received.length} tries before it was gone`);
    t.equal(new Set(tries.slice(0, -1).map(({ headers }) => headers['drover-delivery'])).size, 1);
    t.same(receiver.on('/elsewhere'), []);
    t.equal(tries.at(-1)?.event.run_id, next.id);
    t.same(
      back.received.map(({ event }) => event.seq),
      await seqsOf(world, 'run.finished'),
    );
  },
);

t.test(
  'a command that does not end is killed with all that it started, and keeps nobody waiting',
  async (t) => {
    const receiver = await aReceiver(t);
    const world = await aWorld(t, '');
    const script = join(world.root, 'deaf-hook');
    writeFileSync(
      script,
      `trap '' TERM INT HUP\nsleep 1000 &\necho begun >> ${script}.log\nwait\nsleep 1000\n`,
    );
    await reload(
      world,
      `${hook(`command = ["sh", "${script}"]\ntimeout = "1s"`, 'run.finished')}${hook(to(receiver, '/in'), 'run.finished')}`,
    );
    for (let count = 0; count < 3; count++) await runToEnd(world);

    await until('all to be told', () => receiver.received.length === 3);
    await until('its timeout', () =>
      hasWarning(world, /the hook sh \([0-9a-f]{16}\): it took longer than 1s; it is tried again/),
    );
    await reload(world, '');

    await until('nothing of it to be left', () => processesOf(script).length === 0);
    t.ok(existsSync(`${script}.log`), 'it had begun');
    t.same((await world.status()).warnings, []);
  },
);

t.test(
  'a daemon that is killed between a delivery and its mark delivers again and skips nothing',
  async (t) => {
    const receiver = await aReceiver(t);
    const world = await createWorld();
    t.teardown(world.close);
    world.configure(hook(to(receiver, '/in'), 'run.finished'));
    let daemon = startDaemon(world);
    t.teardown(() => daemon.kill());
    await daemon.ready;

    const rounds = 4;
    for (let round = 0; round < rounds; round++) {
      const before = receiver.received.length;
      receiver.answer(() => {}); // it has arrived, and the daemon does not know
      const { id } = await world.start('true');
      await until('a delivery', () => receiver.received.length > before);
      await daemon.kill();
      receiver.answer(({ response }) => response.writeHead(204).end());
      daemon = startDaemon(world);
      await daemon.ready;
      await world.reach(id, 'succeeded');
      await until('the same again', () => receiver.received.length > before + 1);
      const [first, second] = receiver.received.slice(before);
      t.equal(first?.headers['drover-delivery'], second?.headers['drover-delivery']);
      t.strictSame(first?.event, second?.event);
    }

    const told = receiver.received.map(({ event }) => event.seq);
    t.equal(told.length, 2 * rounds, 'once more for each kill');
    t.same([...new Set(told)], await seqsOf(world, 'run.finished'));
  },
);

t.test('after its last try an event is given up: journal, status, and the next one goes out', async (t) => {
  const receiver = await aReceiver(t);
  const world = await aWorld(t, hook(to(receiver, '/in'), 'run.finished', '*.failed'));
  receiver.answer(({ response }) => response.writeHead(503).end());
  await runToEnd(world);
  await until('a failed try', () => hasWarning(world, /it answered 503/));
  await world.drover('daemon stop');
  const db = new DatabaseSync(join(world.stateRoot, 'drover.db'));
  db.exec('UPDATE hooks SET attempts = 5, due_at = 0'); // as some minutes later
  db.close();
  await world.drover('daemon start');

  const [seq] = await seqsOf(world, 'run.finished');
  const given = await until('hook.failed', async () =>
    (await world.events()).find(({ type }) => type === 'hook.failed'),
  );
  t.match(given, {
    source: 'daemon',
    data: {
      hook: /^[0-9a-f]{16}$/,
      target: receiver.url,
      event_seq: seq,
      event_type: 'run.finished',
      error: 'it answered 503',
    },
  });
  await until('the warning', () =>
    hasWarning(world, new RegExp(`^Event ${seq} .*: it answered 503; it was given up`)),
  );
  t.match((await world.drover('status')).out, 'it was given up');

  receiver.answer(({ response }) => response.writeHead(200).end());
  const before = receiver.received.length;
  await runToEnd(world);
  await until('the next one', () => receiver.received.length > before);
  t.same(
    receiver.received.slice(before).map(({ event }) => event.type),
    ['run.finished'],
    'no hook is told of hook.failed',
  );
  await until('no warning', async () => (await world.status()).warnings.length === 0);
});

t.test('a reload takes up, keeps and forgets hooks, and a restart goes on with them', async (t) => {
  const receiver = await aReceiver(t);
  const both = [hook(to(receiver, '/a'), 'run.finished'), hook(to(receiver, '/b'), 'run.finished')];
  const world = await aWorld(t, '');
  await runToEnd(world);
  await reload(world, both.join(''));
  const second = await runToEnd(world);
  await until('both to be told', () => receiver.received.length === 2);

  await reload(world, both[0] ?? '');
  const third = await runToEnd(world);
  await until('one to be told', () => receiver.on('/a').length === 2);
  await world.drover('daemon restart');
  const fourth = await runToEnd(world);
  await until('one to be told', () => receiver.on('/a').length === 3);
  await reload(world, `${both.join('')}headers = { x-changed = "1" }\n`);
  const fifth = await runToEnd(world);
  await until('both to be told', () => receiver.received.length === 6);

  const runsOf = (path: string) => receiver.on(path).map(({ event }) => event.run_id);
  t.same(runsOf('/a'), [second.id, third.id, fourth.id, fifth.id]);
  t.same(runsOf('/b'), [second.id, fifth.id]);
  t.equal(receiver.on('/b')[1]?.headers['x-changed'], '1');
  world.configure(hook(to(receiver, '/a'), 'run.finishd'));
  t.match(await world.drover('daemon reload'), { code: 2, err: /did you mean "run\.finished"\?/ });
});

t.test('no secret of a header or an address is told anywhere', async (t) => {
  const receiver = await aReceiver(t);
  const world = await createWorld();
  t.teardown(world.close);
  const secret = 'geheim-0815';
  const headers = 'headers = { authorization = "Bearer $HOOK_TOKEN", x-plain = "geheim-plain" }';
  const unset = 'headers = { authorization = "$NOT_THERE" }';
  world.configure(
    `log = { level = "debug" }\n${hook(`${to(receiver, '/geheim-path')}\n${headers}`, 'run.finished')}${hook(`${to(receiver, '/unset')}\n${unset}`, 'run.finished')}`,
  );
  receiver.answer(({ response }) => response.writeHead(401).end(secret));
  await world.run(['daemon', 'start'], { env: { HOOK_TOKEN: secret } });
  await until('what is not set', () => hasWarning(world, /can deliver nothing: \$NOT_THERE is not set/));
  await runToEnd(world);
  await until('a failed try', () => hasWarning(world, /it answered 401/));
  await until('another one', () => hasWarning(world, /did not reach.*\$NOT_THERE is not set/));
  world.configure(`${hook(to(receiver, '/geheim-path'), 'x')}headers = { a = "geheim-plain\\n" }\n`);
  const refused = await world.drover('daemon reload');
  t.equal(refused.code, 2);
  await until('the warning of the reload', () => hasWarning(world, /was not reloaded/));

  t.match(receiver.received[0]?.headers, { authorization: `Bearer ${secret}`, 'x-plain': 'geheim-plain' });
  const logs = join(world.stateRoot, 'logs');
  const log = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'));
  t.match(log.join(''), 'a hook failed');
  const said = [
    ...log,
    refused.err,
    JSON.stringify(await world.events()),
    JSON.stringify(await world.status()),
  ];
  for (const text of said) t.notMatch(text, /geheim/);
  await world.drover('daemon stop');
  t.notOk(readFileSync(join(world.stateRoot, 'drover.db'), 'latin1').includes('geheim'));
});

t.test('the examples of docs/hooks.md are true', async (t) => {
  const receiver = await aReceiver(t);
  const [shape = '', desktop = '', phone = '', file = '', ...more] = codeBlocks('docs/hooks.md', 'toml');
  t.same(more, []);
  const world = await createWorld();
  t.teardown(world.close);
  const bin = join(world.root, 'bin');
  mkdirSync(bin);
  const shown = join(world.root, 'shown');
  writeFileSync(join(bin, 'notify-send'), `#!/bin/sh\nprintf '%s|' "$@" >> ${shown}\necho >> ${shown}\n`);
  chmodSync(join(bin, 'notify-send'), 0o755);
  const local = (toml: string) => toml.replace(/https:\/\/[\w.]+/, receiver.url);
  const all = [shape, desktop, phone.replace('plan.blocked', 'run.finished'), file].map(local).join('');
  world.configure(`${agent}approval_mode = "auto"\n${all}`);
  const shop = await world.repository(join(world.root, 'shop'));
  const env = { PATH: `${bin}:${world.env.PATH}`, NTFY_TOKEN: 'tk', CHAT_TOKEN: 'ct' };
  t.match(await world.run(['daemon', 'start'], { env }), { code: 0 });
  await world.drover(`daemon add ${shop}`);

  const { id } = await world.json<Run>(['run', '--bg', '--repo', 'shop', '--agent', 'fake', 'ask']);
  await world.reach(id, 'succeeded');

  const lines = () => (existsSync(shown) ? readFileSync(shown, 'utf8') : '');
  await until('the desktop', () => lines() !== '');
  t.equal(lines(), `--app-name=drover|run.finished| ${id}|\n`, 'nothing of an approval that nobody answers');
  const [told] = await until('the phone', () => {
    const found = receiver.received.filter(({ path }) => path.startsWith('/my-own-topic'));
    return found.length > 0 && found;
  });
  t.equal(told?.path, '/my-own-topic?tpl=1&t=drover&m={{.data.name}}:%20{{.data.reason}}');
  t.match(told?.headers, { authorization: 'Bearer tk', priority: 'high' });
  const written = () => {
    const text = existsSync(join(world.home, 'runs.jsonl'))
      ? readFileSync(join(world.home, 'runs.jsonl'), 'utf8')
      : '';
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Event);
  };
  await until('the file', () => written().some(({ type }) => type === 'run.finished'));
  const ofRun = (await world.events(id)).filter(({ type }) => type.startsWith('run.'));
  t.strictSame(
    written(),
    ofRun.map((event) => ({ ...event, profile: 'default' })),
  );
  await until('the chat', () => receiver.on('/drover').length > 0);
  t.match(receiver.on('/drover')[0]?.headers, { authorization: 'Bearer ct' });
});
