/** The texts of plans that commands read: of an editor, and of what is piped. */
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { systemClock } from '../../src/base/index.ts';
import { fakeDaemon, problem } from '../support/fake-daemon.ts';
import { aPlan } from '../support/plan-resources.ts';
import { aRepo } from '../support/resources.ts';
import { runCommand } from '../support/run-command.ts';

const repo = aRepo().id;
const plans = `/v1/repos/${repo}/plans`;

void t.test(
  'the editor: what was changed is sent, what was not is not, what is refused is kept',
  async (t) => {
    let isRefused = false;
    let shown = aPlan({ status: 'ready', phase: 'planned' });
    const daemon = await fakeDaemon({
      'GET /v1/repos': { items: [aRepo()], next_cursor: null },
      [`GET ${plans}/auth`]: (_request, _response, reply) => reply(shown),
      [`PATCH ${plans}/auth`]: (_request, _response, reply) =>
        isRefused ? reply(problem('plan_invalid', 422, 'line 1: no'), 422) : reply(aPlan()),
    });
    t.teardown(daemon.close);
    const edit = (editor: object) =>
      runCommand(['plan', 'edit', 'auth', '--repo', repo], {
        env: { ...daemon.env, TMPDIR: daemon.folder, ...editor },
        world: { isInteractive: true },
      });
    const patches = () => daemon.requests.filter(({ method }) => method === 'PATCH');

    t.match(await edit({ VISUAL: 'true', EDITOR: 'false' }), { code: 0, out: '', err: /nothing is changed/ });
    t.equal(patches().length, 0);
    t.match(await edit({ EDITOR: 'printf "more\\n" >>' }), { code: 0, out: /^auth: / });
    t.strictSame(patches().at(-1)?.body, {
      content: '# Passkeys for everybody\nmore\n',
      if_sha256: createHash('sha256').update(shown.content).digest('hex'),
    });
    t.match(await edit({ EDITOR: 'exit 3;' }), { code: 2, err: /ended with 3[\s\S]*another one/ });
    t.match(await edit({ EDITOR: 'f() { echo x >>"$1"; return 3; }; f' }), {
      code: 2,
      err: /ended with 3[\s\S]*kept in .*plan\.md/,
    });
    const count = patches().length;
    t.match(await edit({ EDITOR: ': >' }), { code: 2, err: /The new text is empty/ });
    t.equal(patches().length, count);
    t.match(await edit({}), { code: 2, err: /set \$VISUAL or \$EDITOR/ });
    isRefused = true;
    const refused = await edit({ EDITOR: 'printf "worse\\n" >>' });
    t.match(refused, { code: 2, err: /line 1: no/ });
    const [, kept = ''] = /kept in (.*)\n/.exec(refused.err) ?? [];
    t.match(await runCommand(['plan', 'edit', 'auth', kept, '--repo', repo], { env: daemon.env }), {
      code: 2,
    });
    t.strictSame(patches().at(-1)?.body, { content: '# Passkeys for everybody\nworse\n' });
    shown = aPlan({ status: 'cancelled', phase: null });
    const closed = await edit({ EDITOR: 'exit 3;' });
    t.match(closed, { code: 2, err: /line 1: no/ }, 'the daemon has said so before the editor was opened');
  },
);

void t.test('a text that is piped into plan create is its text, also without -', async (t) => {
  const daemon = await fakeDaemon({
    'GET /v1/repos': { items: [aRepo()], next_cursor: null },
    [`POST ${plans}`]: (_request, _response, reply) => reply(aPlan(), 201),
  });
  t.teardown(daemon.close);
  const create = (stdin: PassThrough, world = {}) =>
    runCommand(['plan', 'create', 'auth', '--repo', repo], { env: daemon.env, world: { stdin, ...world } });
  const sent = () => daemon.requests.at(-1)?.body;
  const late = new PassThrough();
  setTimeout(() => late.end('Passkeys, '), 50);

  t.match(await create(new PassThrough().end('Passkeys')), { code: 0, err: '' });
  t.match(sent(), { content: 'Passkeys' });
  await create(late);
  t.match(sent(), { content: 'Passkeys, ' });
  t.match(await create(new PassThrough().end()), { code: 0, err: '' });
  t.match(sent(), { content: '' });
  const clock = { ...systemClock, sleep: async () => {} };
  t.match(await create(new PassThrough(), { clock }), { code: 0, err: /is not waited for: name - to read/ });
  t.match(sent(), { content: '' });
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  t.match(await create(terminal), { code: 0, err: '' });
});
