import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import t from 'tap';
import {
  type ClaimedSignal,
  type RefusedFile,
  signalFolders,
  trackedWords,
} from '../../src/domain/signals/index.ts';
import { drover, folderOf, namesOf, reasonOf, signalWorld } from '../support/signal-folder.ts';

const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const only = (signals: readonly ClaimedSignal[]) => {
  if (signals.length !== 1) throw new Error(`${signals.length} signals`);
  return signals[0] as ClaimedSignal;
};

t.test('a signal is given out with what it says, and goes when it was applied', async (t) => {
  const { inbox, root, put, namesIn } = signalWorld(t);
  put('review-changes-my-plan', 'Größer, bitte\n');

  const signal = only(await inbox.claim(root));

  t.match(signal.id, ulid);
  t.same(signal, {
    event: 'review_changes_requested',
    plan: 'my-plan',
    wave: null,
    task: null,
    id: signal.id,
    root,
    folder: drover,
    file: `${signal.id}~review-changes-my-plan`,
    body: 'Größer, bitte\n',
  });
  t.same(namesIn(), ['processing', 'staging']);
  t.same(namesIn('processing'), [signal.file]);

  await inbox.done(signal);
  t.same(namesIn('processing'), []);
  await inbox.done(signal);
  await inbox.refuse(signal, 'too late');
  t.same(namesIn(), ['processing', 'staging'], 'an answer is one answer');
});

t.test('a refused signal is put away under its name, with the reason in one line', async (t) => {
  const { inbox, root, put, at, namesIn, failed } = signalWorld(t);
  put('implement-wave-2-x');
  const signal = only(await inbox.claim(root));

  await inbox.refuse(signal, 'the plan\nis \u202e done\0');
  await inbox.refuse(signal, 'again');
  await inbox.done(signal);

  t.same(namesIn('processing'), []);
  t.same(failed(), { 'implement-wave-2-x': 'the plan is done' });
  t.same(namesIn('failed'), ['implement-wave-2-x', 'implement-wave-2-x.reason']);
  t.same(namesOf(await inbox.claim(root)), []);

  put('implement-wave-2-x');
  await inbox.refuse(only(await inbox.claim(root)), 'x'.repeat(5000));
  const [second = ''] = Object.keys(failed()).filter((name) => name.includes('~'));
  t.match(second, /^implement-wave-2-x~[0-9A-Z]{26}$/, 'the name was taken');
  t.equal(reasonOf(at(`failed/${second}.reason`)).length, 1001, 'a reason has an end');
});

t.test('both folders are read, and each has its own place for what is claimed', async (t) => {
  const { inbox, root, put } = signalWorld(t);
  const kasmos = folderOf(root, '.kasmos/signals');
  put('planner-finished-x');
  kasmos.put('planner-finished-x');
  kasmos.put('planner-finished-X');

  const claimed = await inbox.claim(root);

  t.same(
    claimed.map(({ folder }) => folder),
    signalFolders,
  );
  t.equal(kasmos.namesIn('processing').length, 1);
  t.same(kasmos.failed(), { 'planner-finished-X': 'its name is not that of a signal' });
});

t.test(
  'the oldest comes first, and no more than the limit; what an earlier inbox left before it',
  async (t) => {
    const { open, root, put, namesIn } = signalWorld(t, { limit: 3 });
    const names = Array.from({ length: 8 }, (_, index) => `implement-wave-${8 - index}-x`);
    for (const [index, name] of names.entries()) put(name, '', 100 - index);
    const first = open();

    t.same(namesOf(await first.claim(root)), names.slice(0, 3));
    const later = await first.claim(root);
    t.same(namesOf(later), names.slice(3, 6), 'what is held is not given out again');
    for (const signal of later) await first.done(signal);

    put('planner-finished-older', '', 1000);
    const second = open();
    t.same(namesOf(await second.claim(root)), names.slice(0, 3));
    t.same(namesOf(await second.claim(root)), ['planner-finished-older', ...names.slice(6)]);
    t.same(namesOf(await second.claim(root)), []);
    t.equal(namesIn('processing').length, 6);
  },
);

t.test('a claim ends when it holds many bytes, and the next goes on', async (t) => {
  const { inbox, root, put } = signalWorld(t);
  for (let index = 0; index < 40; index += 1) put(`planner-finished-p${index}`, 'x'.repeat(256 * 1024));

  const counts = [await inbox.claim(root), await inbox.claim(root), await inbox.claim(root)];

  t.same(
    counts.map((signals) => signals.length),
    [32, 8, 0],
  );
});

t.test('two claims at once give each signal once', async (t) => {
  const { inbox, root, put } = signalWorld(t);
  const names = Array.from({ length: 50 }, (_, index) => `planner-finished-p${index}`);
  for (const name of names) put(name);

  const claimed = (await Promise.all([1, 2, 3, 4].map(() => inbox.claim(root)))).flat();

  t.same(namesOf(claimed).sort(), names.sort());
  t.equal(new Set(claimed.map(({ id }) => id)).size, 50);
});

t.test('a claim that begins while another is under way gives out none of its signals', async (t) => {
  const { inbox, root, put } = signalWorld(t);
  const names = Array.from({ length: 50 }, (_, index) => `planner-finished-p${index}`);
  for (const name of names) put(name);
  const claims: ReturnType<typeof inbox.claim>[] = [];
  for (let turn = 0; turn < 50; turn += 1) {
    claims.push(inbox.claim(root));
    await new Promise((resolve) => setImmediate(resolve));
  }

  t.same(namesOf((await Promise.all(claims)).flat()).sort(), names.sort());
});

t.test('two claims in two processes never both rename one file', async (t) => {
  const { open, root, put, namesIn } = signalWorld(t);
  const names = Array.from({ length: 50 }, (_, index) => `planner-finished-p${index}`);
  for (const name of names) put(name);

  await Promise.all([open().claim(root), open().claim(root)]);

  t.same(
    namesIn('processing')
      .map((file) => file.slice(27))
      .sort(),
    names.sort(),
  );
});

t.test('a signal that came again while the first is held is one of its own', async (t) => {
  const { inbox, root, put } = signalWorld(t);
  put('verify-failed-x', 'one');
  const first = only(await inbox.claim(root));
  put('verify-failed-x', 'two');
  const second = only(await inbox.claim(root));

  t.not(first.id, second.id);
  t.equal(second.body, 'two');
});

t.test('a signal that was released comes again with the same id', async (t) => {
  const { inbox, root, put } = signalWorld(t);
  put('verify-failed-x', 'one');
  const first = only(await inbox.claim(root));

  await inbox.release(first);
  await inbox.release(first);

  t.same(await inbox.claim(root), [first]);
  t.same(await inbox.claim(root), []);
});

t.test('whatever step a crash comes after, the signal is given out again under its id', async (t) => {
  const { open, root, put, at, namesIn, failed } = signalWorld(t);
  put('needs-decision-x', 'why?');

  const first = only(await open().claim(root)); // died after the rename
  const second = only(await open().claim(root)); // died before the removal
  t.same(second, first);

  // died in a refusal, after the reason and before the rename
  mkdirSync(at('failed'));
  writeFileSync(at('failed/needs-decision-x.reason'), '2026-01-01T00:00:00.000Z from before\n');
  const inbox = open();
  const third = only(await inbox.claim(root));
  t.same(third, first);
  await inbox.refuse(third, 'now');

  t.same(namesIn('processing'), []);
  const [name = ''] = Object.keys(failed()).filter((name) => !name.endsWith('.reason'));
  t.equal(name.slice(0, -27), 'needs-decision-x');
  t.equal(failed()[name], 'now');
  t.same(await open().claim(root), []);
});

t.test('nothing is made where there is no signal folder, and nothing fails', async (t) => {
  const { inbox, root, base, put, said } = signalWorld(t);
  put('planner-finished-x');
  const signal = only(await inbox.claim(root));
  rmSync(`${root}/.drover`, { recursive: true });

  t.same(await inbox.claim(root), []);
  await inbox.refuse(signal, 'gone');
  t.same(readdirSync(root), []);
  t.same(await inbox.claim(`${base}/nowhere`), []);
  t.same(await inbox.claim(''), []);
  t.notOk(existsSync(`${base}/nowhere`));
  t.same(said, []);
});

t.test('a checkout that was moved away between claim and answer is left alone', async (t) => {
  const { inbox, root, base, put } = signalWorld(t);
  put('planner-finished-a');
  put('planner-finished-b');
  const [a, b] = (await inbox.claim(root)) as [ClaimedSignal, ClaimedSignal];
  renameSync(root, `${base}/away`);

  await inbox.done(a);
  await inbox.refuse(b, 'no');

  t.notOk(existsSync(root));
  t.equal(folderOf(`${base}/away`).namesIn('processing').length, 2);
});

t.test('of what a claim puts away, the first few are told', async (t) => {
  const told: (readonly [string, readonly RefusedFile[]])[] = [];
  const { inbox, root, put } = signalWorld(t, { onRefused: (at, files) => told.push([at, files]) });
  for (let index = 0; index < 20; index += 1) put(`implement-task-finishd-w1-t${index}-x`, '', 100 - index);
  put('implement-wave-2-x');

  await inbox.claim(root);
  await inbox.claim(root);

  const reason = 'its name is not that of a signal';
  const files = [0, 1, 2, 3, 4].map((index) => ({ name: `implement-task-finishd-w1-t${index}-x`, reason }));
  t.same(told, [[root, files]]);
});

t.test('what git tracks is left where it lies, and told of once', async (t) => {
  const name = 'review-approved-auth';
  const left = '01JD0000000000000000000001~verify-approved-auth';
  let asked = 0;
  const told: RefusedFile[] = [];
  const { inbox, root, put, at, namesIn } = signalWorld(t, {
    findTracked: async () => {
      asked += 1;
      return [`${drover}/${name.toUpperCase()}`, `${drover}/processing/${left}`, `${drover}/readme`];
    },
    onRefused: (_root, files) => told.push(...files),
  });
  for (const one of [name, 'readme', 'needs-decision-auth']) put(one);
  mkdirSync(at('processing'));
  put(`processing/${left}`);

  t.same(namesOf(await inbox.claim(root)), ['needs-decision-auth'], 'the rest is given out');
  t.same(namesIn(), ['processing', 'readme', name, 'staging']);
  t.same(namesIn('failed'), [], 'nothing is put away');
  t.same(told.map((file) => file.name).toSorted(), [left, 'readme', name]);
  t.match(told, [{ reason: trackedWords }]);

  await inbox.claim(root);
  t.equal(asked, 1, 'git is not asked again');
  t.equal(told.length, 3);

  put(name, 'written anew');
  t.same(namesOf(await inbox.claim(root)), []);
  t.equal(told.length, 4, 'another file at its place is told of');
});

t.test('nothing is claimed below a link or a submodule that git tracks', async (t) => {
  const { inbox, root, put } = signalWorld(t, { findTracked: async () => ['.Drover'] });
  put('review-approved-auth');

  t.same(namesOf(await inbox.claim(root)), []);
});

t.test('signals wait until git can say what it tracks', async (t) => {
  let answer: () => Promise<readonly string[] | null> = async () => null;
  const { inbox, root, put, namesIn, said } = signalWorld(t, { findTracked: () => answer() });
  put('review-approved-auth');

  for (const _ of [1, 2]) t.same(await inbox.claim(root), []);
  answer = () => Promise.reject(new Error('git failed'));
  t.same(await inbox.claim(root), []);
  t.same(namesIn(), ['review-approved-auth', 'staging']);
  t.match(said, [
    ['signals wait while git is at work', {}],
    ['signals wait: git does not say what it tracks', { reason: 'git failed' }],
  ]);
  t.equal(said.length, 2, 'each is said once');

  answer = async () => [];
  t.same(namesOf(await inbox.claim(root)), ['review-approved-auth']);
});

t.test('git is not asked where there is nothing to claim', async (t) => {
  const { inbox, root, put } = signalWorld(t, {
    findTracked: async () => {
      t.fail('asked');
      return [];
    },
  });
  put('staging/review-approved-auth');

  t.same(await inbox.claim(root), []);
});
