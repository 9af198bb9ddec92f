/** What a person is told of a plan: on its page, and in the answers of the commands that move it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { test } from 'tap';
import type { Signal } from '../../src/contract/index.ts';
import { type PlanWorld, planText, startPlanWorld } from '../support/plan-world.ts';

t.setTimeout(180_000);

/** The command line, in the repository. */
const within =
  (world: PlanWorld) =>
  async (line: string, stdin?: string): Promise<string> => {
    const more = stdin === undefined ? {} : { stdin };
    const { code, out, err } = await world.drover(line, { cwd: world.repo, ...more });
    if (code !== 0) throw new Error(`${line}: ${code}: ${err}`);
    return out;
  };
const git = (world: PlanWorld, ...args: string[]) =>
  execFileSync('git', args, { cwd: world.repo, encoding: 'utf8' }).trim();

test('what is not in a plan is said: files, settings, evidence, earlier work', async (t) => {
  const world = await startPlanWorld(t);
  const drover = within(world);
  mkdirSync(join(world.repo, '.drover'));
  writeFileSync(join(world.repo, '.drover/config.toml'), '[verify]\ncommands = ["true"]\n');
  writeFileSync(join(world.repo, 'notes.txt'), 'mine\n');
  const dirty = '\n2 uncommitted files are not included\n';
  const untrusted = `.drover/config.toml is not trusted: drover daemon trust ${world.repo}\n`;

  t.match(await drover('plan create one -', planText([1])), dirty);
  const before = await drover('plan show one');
  t.match(before, 'checkout:  2 uncommitted files are not included\n');
  t.match(before, `settings:  ${untrusted}`);
  t.match(await drover('plan implement one'), dirty);
  const { head_commit: head } = await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  const done = await drover('plan show one');
  t.match(done, `evidence:  none: ${untrusted}`);
  t.match(done, `see all of it: ${' '.repeat(10)}git -C ${world.repo} diff main...drover/plan/one\n`);
  t.match(done, `git -C ${world.repo} merge drover/plan/one\n`);
  t.notMatch(done, 'not included', 'its branch is long made');

  const anew = await drover('plan start-over one');
  const [, ref = ''] = /what its branch held is kept: (\S+)/.exec(anew) ?? [];
  await world.planTo('one', 'to have it kept', ({ kept }) => kept.length === 1);
  t.match(await drover('plan show one'), `earlier:   ${ref}\n`);
  t.equal(git(world, 'rev-parse', ref), head);
});

test('a plan can be read and given up while its repository is away', async (t) => {
  const world = await startPlanWorld(t);
  await world.create('one', planText([1]));
  renameSync(world.repo, `${world.repo}-away`);

  t.match(await world.drover('plan show one --repo shop'), { code: 0, out: /^repo: {6}shop$/m });
  t.match(await world.drover('plan cancel one --repo shop'), { code: 0, out: /^one: cancelled\n/ });
});

test('the commands of [verify] are what a plan waits for; without a verifier it says so', async (t) => {
  const flag = join(t.testdir(), 'go-on');
  const world = await startPlanWorld(
    t,
    `auto_readiness_review = false\n[verify]\ncommands = ["until test -e ${flag}; do sleep 0.05; done; rm ${flag}"]`,
  );
  const drover = within(world);
  await drover('plan create one -', planText([1]));
  await drover('plan implement one');

  const plan = await world.planTo('one', 'to run its commands', ({ runs }) =>
    runs.some(({ role }) => role === 'evidence'),
  );
  const run = plan.runs.find(({ role }) => role === 'evidence')?.run_id ?? '';
  t.match(await drover('plan show one'), `waits for: the [verify] commands (${run})\n`);
  writeFileSync(flag, '');
  await world.planTo('one', 'to be done', ({ status }) => status === 'done');
  const done = await drover('plan show one');
  t.match(done, `evidence for the review, of ${plan.head_commit?.slice(0, 12)}, ${run}\n  ok  until`);
  t.match(done, 'verified:  no: auto_readiness_review is off\n');
});

test('a plan that is stored with waves waits for a person, also with auto_implement', async (t) => {
  const world = await startPlanWorld(t, 'auto_implement = true\nauto_advance = true');
  const drover = within(world);

  t.match(await drover('plan create one -', planText([1])), 'implement it: drover plan implement one\n');
  await drover('plan create two --start');
  await world.planTo('two', 'to be done', ({ status }) => status === 'done', 120_000);
  t.match(await world.plan('one'), { status: 'ready', phase: 'planned' });
  t.match(await drover('signal list --plan two'), /done {4}two {3}plan_start/, 'by its name');
});

test('what is said with one key is said once', async (t) => {
  const world = await startPlanWorld(t);
  await world.create('one', planText([1]));
  const signals = '/v1/repos/shop/signals';
  const post = (path: string, body: object, key: string) =>
    world.http('POST', path, { body, headers: { 'idempotency-key': key } });
  const twice = async (path: string, body: object) => {
    const [first, second] = [await post(path, body, path), await post(path, body, path)];
    t.match(first.status, /^20/, path);
    t.strictSame([second.status, second.json], [first.status, first.json], path);
    return first.json as unknown as Signal;
  };
  const receipts = async () => {
    const { items } = (await world.http('GET', signals)).json as unknown as { items: Signal[] };
    return items.map(({ event, status }) => `${status} ${event}`);
  };

  await twice(signals, { plan: 'one', event: 'needs_decision', body: 'Which?' });
  await twice('/v1/repos/shop/plans/one/events', { event: 'decide', body: 'This' });
  const refused = await world.http('POST', signals, { body: { plan: 'one', event: 'advance' } });
  const { id } = refused.json as unknown as Signal;
  t.match(await twice(`${signals}/${id}/retry`, {}), { status: 'failed' });

  t.strictSame(await receipts(), ['failed advance', 'failed advance', 'done decide', 'done needs_decision']);
});
