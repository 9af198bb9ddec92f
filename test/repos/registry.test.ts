import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createBus, silentLog, systemClock } from '../../src/base/index.ts';
import { checkTemplate } from '../../src/domain/plans/index.ts';
import { createRepos } from '../../src/domain/repos/index.ts';
import { createGit } from '../../src/foundation/git/index.ts';
import { eventsAfter, openStore } from '../../src/foundation/store/index.ts';
import { makeRepo, plainGit, put } from './fixture.ts';

const git = createGit({ env: process.env, log: silentLog });

function setUp(test: Pick<typeof t, 'testdir' | 'teardown'>) {
  const root = realpathSync(test.testdir());
  const store = openStore({ path: join(root, 'drover.db'), clock: systemClock, bus: createBus() });
  test.teardown(() => store.close());
  const repos = createRepos({ store, git, clock: systemClock, log: silentLog, checkPrompt: checkTemplate });
  const events = () =>
    store.read((sql) => eventsAfter(sql, { after: 0, limit: 100, runKey: null })).map(({ type }) => type);
  return { root, repos, store, events };
}

const all = { limit: 0, cursor: undefined };

t.test('two repositories of the same name both work', async (t) => {
  const { root, repos, events } = setUp(t);
  const made = [];
  for (const folder of ['x', 'y', 'z'])
    made.push(await repos.add({ path: makeRepo(join(root, folder, 'app')) }));

  t.same(
    made.map(({ project }) => project),
    ['app', 'app-2', 'app-3'],
  );
  t.match(made[1], {
    path: join(root, 'y/app'),
    trusted: false,
    missing: false,
    active_runs: 0,
    own_config: null,
    active_plans: 0,
    plans_blocked: 0,
    plans_waiting: 0,
  });
  t.same((await repos.list(all)).items, made);
  t.same(events(), ['repo.added', 'repo.added', 'repo.added']);
});

t.test('a repository that is added again is the one that it was', async (t) => {
  const { root, repos } = setUp(t);
  const path = makeRepo(join(root, 'app'));
  const other = makeRepo(join(root, 'other'));
  const first = await repos.add({ path, name: 'shop' });
  await repos.remove('shop');
  await t.rejects(repos.find(first.id), { code: 'repo_not_found' }, 'gone until then');
  t.same((await repos.list(all)).items, []);

  const another = await repos.add({ path: other, name: 'shop' });
  t.not(another.id, first.id, 'its name is free');
  const again = await repos.add({ path });

  t.match(again, { id: first.id, path, project: 'shop-2', trusted: false });
  await repos.remove(again.id);
  t.match(
    await repos.add({ path, name: 'store' }),
    { id: first.id, project: 'store' },
    'as often as one likes',
  );
});

t.test('the same repository is registered once, under any spelling, also at the same time', async (t) => {
  const { root, repos } = setUp(t);
  const path = makeRepo(join(root, 'app'), { 'src/a': 'a' });
  symlinkSync(path, join(root, 'link'));
  plainGit(path, 'worktree', 'add', '-q', '-b', 'side', '../linked');
  const spellings = [path, join(root, 'link'), join(path, 'src'), join(root, 'linked'), `${path}/`];

  const results = await Promise.allSettled(spellings.map((spelling) => repos.add({ path: spelling })));

  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const result of results)
    if (result.status === 'rejected') t.match(result.reason, { code: 'repo_exists' });
  for (const spelling of spellings) t.equal((await repos.show(spelling)).path, path, spelling);
});

t.test('a repository is found by id, prefix, name and path, and by nothing else', async (t) => {
  const { root, repos } = setUp(t);
  const one = await repos.add({ path: makeRepo(join(root, 'one')) });
  const two = await repos.add({ path: makeRepo(join(root, 'two')), name: 'second' });
  for (const ref of [one.id, 'one', one.path, one.id.slice(0, -1), one.id.toLowerCase()]) {
    t.equal((await repos.show(ref)).id, one.id, ref);
  }
  t.equal((await repos.show('second')).id, two.id);
  const shared = one.id.slice(0, 9);
  await t.rejects(repos.show(shared), { code: 'ambiguous_id', hint: /second/ });
  for (const ref of ['on', 'ONE', 'repo_', 'repo_ZZZZ', '', '/', join(root, 'three'), "' OR 1=1", '%']) {
    await t.rejects(repos.show(ref), { code: 'repo_not_found' }, ref);
  }
  const prefixName = await repos.update('second', { project: one.id.slice(0, 12) });
  t.equal((await repos.show(one.id.slice(0, 12))).id, prefixName.id, 'an exact name beats a prefix');
});

t.test('a name is taken once', async (t) => {
  const { root, repos, events } = setUp(t);
  await repos.add({ path: makeRepo(join(root, 'one')) });
  const two = await repos.add({ path: makeRepo(join(root, 'two')) });
  await t.rejects(repos.update('two', { project: 'one' }), { code: 'name_taken' });
  await t.rejects(repos.add({ path: makeRepo(join(root, 'three')), name: 'one' }), { code: 'name_taken' });
  t.match(await repos.update(two.id, { project: 'zwei' }), { id: two.id, project: 'zwei' });
  t.match(await repos.update(two.id, { project: 'zwei' }), { project: 'zwei' });
  t.same(events(), ['repo.added', 'repo.added', 'repo.updated'], 'no change, no event');
});

t.test('trust is bound to what the configuration says, and is lost when that changes', async (t) => {
  const { root, repos } = setUp(t);
  const path = makeRepo(join(root, 'app'));
  await repos.add({ path });
  const trusted = async () => (await repos.show('app')).trusted;
  t.equal((await repos.update('app', { trusted: true })).trusted, true);
  put(join(path, '.drover/config.toml'), '');
  t.equal(await trusted(), true, 'an empty file says as much as none');
  const changes = ['[agents.x]\n', '[agents.y]\n', '[agents.y]\n#', '\ufeff[agents.y]\n'];
  for (const text of changes) {
    put(join(path, '.drover/config.toml'), text);
    t.equal(await trusted(), false, 'asked again');
    t.equal((await repos.update('app', { trusted: true })).trusted, true);
    t.equal((await repos.find('app')).trusted, true);
  }
  t.equal((await repos.update('app', { project: 'renamed' })).trusted, true, 'a new name changes no trust');
  t.equal((await repos.update('renamed', { trusted: false })).trusted, false);

  rmSync(join(path, '.drover/config.toml'));
  symlinkSync('/etc/passwd', join(path, '.drover/config.toml'));
  await t.rejects(repos.update('renamed', { trusted: true }), { code: 'repo_unusable', message: /link/ });
});

t.test('a person is shown all that the configuration asks for, before they trust it', async (t) => {
  const { root, repos } = setUp(t);
  const path = makeRepo(join(root, 'app'));
  const says = (text: string) => put(join(path, '.drover/config.toml'), text);
  says(
    'auto_advance = true\nmax_parallel_wave_tasks = 2\n[roles]\ncoder = "codex"\n[verify]\ncommands = ["npm test"]\n[worktree]\ncopy = [".env"]\nsetup = ["npm ci"]\n',
  );

  t.strictSame((await repos.add({ path })).own_config, {
    copy: ['.env'],
    setup: ['npm ci'],
    verify: ['npm test'],
    roles: { coder: 'codex' },
    settings: { auto_advance: true, max_parallel_wave_tasks: 2 },
    prompts: [],
    unused: [],
    problem: null,
  });
  says('auto_advence = true\n');
  t.match((await repos.show('app')).own_config, { settings: {}, verify: [], problem: /auto_advence/ });
});

t.test('a prompt that cannot be used is told, and one that no agent is told', async (t) => {
  const { root, repos } = setUp(t);
  const path = makeRepo(join(root, 'app'));
  const prompt = (name: string, text: string) => put(join(path, '.drover/prompts', name), text);
  prompt('README.md', 'What these are');
  prompt('coder.md', 'Do {{task_body}}');
  t.same((await repos.add({ path })).own_config, { ...(await repos.show('app')).own_config, unused: [] });

  prompt('fixer.md', 'x'.repeat(64 * 1024 + 1));
  prompt('codr.md', 'Do it');
  prompt('notes.txt', 'Do it');
  prompt('coder.md', 'Do {{tsk_body}}');
  t.match((await repos.show('app')).own_config?.unused, [
    '.drover/prompts/coder.md cannot be used: Unknown name tsk_body in line 1: did you mean task_body?',
    '.drover/prompts/codr.md is not used: did you mean coder.md?',
    '.drover/prompts/fixer.md is not used: it has more than 64 KiB',
    /^\.drover\/prompts\/notes\.txt is not used: a prompt is called planner\.md, .*ask\.md$/,
  ]);

  rmSync(join(path, '.drover/prompts/coder.md'));
  rmSync(join(path, '.drover/prompts/fixer.md'));
  t.match((await repos.show('app')).own_config, { prompts: [], unused: [/codr/, /notes/], problem: null });
});

t.test('removing forgets it and touches nothing; a folder that is gone can be removed too', async (t) => {
  const { root, repos, events } = setUp(t);
  const path = makeRepo(join(root, 'app'));
  const added = await repos.add({ path });
  renameSync(path, join(root, 'moved'));
  t.match((await repos.list(all)).items, [{ missing: true, trusted: false }]);
  t.equal((await repos.remove(path)).id, added.id);
  await t.rejects(repos.remove('app'), { code: 'repo_not_found' });
  t.same(events(), ['repo.added', 'repo.removed']);
  t.not((await repos.add({ path: join(root, 'moved') })).id, added.id);
});

t.test('pages go on where the last one ended', async (t) => {
  const { root, repos } = setUp(t);
  for (const name of ['b', 'a', 'ä', 'C']) await repos.add({ path: makeRepo(join(root, name)) });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await repos.list({ limit: 1, cursor });
    seen.push(...page.items.map(({ project }) => project));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  t.same(seen, ['C', 'a', 'b', 'ä']);
});

t.test('the configuration registers what is there and warns about what is not', async (t) => {
  const { root, repos } = setUp(t);
  const path = makeRepo(join(root, 'app'));
  mkdirSync(join(root, 'plain'));
  const warnings = await repos.syncFromConfig([
    path,
    join(root, 'missing'),
    path,
    join(root, 'nope/../app'),
    '/',
  ]);
  t.equal(warnings.length, 2);
  t.match(warnings[0], /missing does not exist/);
  t.same(await repos.syncFromConfig([path]), []);
  t.equal((await repos.list(all)).items.length, 1);
});

t.test('what more is stored with an added repository is stored with it or not at all', async (t) => {
  const { root, repos, events } = setUp(t);
  const path = makeRepo(join(root, 'app'));
  const fail = () => {
    throw new Error('the key could not be stored');
  };
  await t.rejects(repos.add({ path }, fail), /could not be stored/);
  t.same((await repos.list(all)).items, []);
  t.same(events(), []);
  let told = '';
  await repos.add({ path }, (_, repo) => {
    told = repo.project;
  });
  t.equal(told, 'app');
});

t.test('a display name holds nothing that could trick a terminal', async (t) => {
  const { root, repos } = setUp(t);
  const cases = {
    'a b\u001b[31m': 'a-b-31m',
    '--force': 'force',
    пример: 'пример',
    '..x': 'x',
    '\u202eevil': 'evil',
    '💥': 'repo',
  };
  for (const [folder, project] of Object.entries(cases)) {
    t.equal((await repos.add({ path: makeRepo(join(root, folder)) })).project, project);
  }
});
