/** What was said of a plan: who is heard, once more and at the same moment as others, and what is kept of it. */
import t from 'tap';
import { daemonPlanEvents } from '../../src/contract/index.ts';
import type { Said } from '../../src/domain/plans/receive.ts';
import { updatePlan } from '../../src/foundation/store/index.ts';
import { saidWorld } from '../support/said-world.ts';

const implementing = { status: 'implementing', phase: 'wave_running' } as const;
const reviewing = { status: 'reviewing', phase: null } as const;

function said(change: Partial<Said>): Said & { readonly id: string } {
  return {
    id: '01JD0000000000000000000001',
    repoId: 'repo_1',
    plan: 'auth',
    event: 'review_approved',
    wave: null,
    task: null,
    body: '',
    speaker: { kind: 'worktree', runIds: ['run_1'] },
    ...change,
  };
}

t.test('a file that was refused for who said it is not said again as a person’s word', async (t) => {
  const { plans, repo, row } = await saidWorld(t, reviewing, { taskStatus: 'merged' });
  const forged = await plans.receiveFile(said({}));
  t.match(forged, { status: 'failed', reason: /only its reviewer/ });

  await t.rejects(plans.retrySignal(repo, forged.id), {
    code: 'plan_refused',
    message: /the word of no run/,
    hint: 'say it yourself, if it is your word too: drover signal review-approved auth',
  });
  t.equal(row().status, 'reviewing');
  t.equal(plans.signals(repo, { limit: 0, cursor: undefined, plan: 'auth', status: null }).items.length, 1);
});

t.test('a file that was the word of a run is said again for that run, once it may be', async (t) => {
  const { plans, repo, row, store } = await saidWorld(
    t,
    { status: 'verifying', phase: null },
    {
      role: 'reviewer',
      task: null,
      taskStatus: 'merged',
    },
  );
  const early = await plans.receiveFile(said({}));
  t.match(early, { status: 'failed', reason: /means nothing while the plan is verifying/ });
  await store.write((tx) => void updatePlan(tx, row(), { ...reviewing }));

  const again = await plans.retrySignal(repo, early.id);

  t.match(again, { status: 'done', source: 'run_1' });
  t.equal(row().status, 'verifying');
});

t.test('what a person said is said again by a person', async (t) => {
  const { plans, repo } = await saidWorld(t, reviewing, { taskStatus: 'merged' });
  const refused = await plans.signal(
    repo,
    { plan: 'auth', event: 'mark_done' },
    { speaker: { kind: 'person' } },
  );
  t.equal(refused.status, 'failed');

  t.match(await plans.retrySignal(repo, refused.id), { status: 'failed', source: 'person' });
});

t.test('who speaks is judged of the plan as it is when it moves', async (t) => {
  const { plans, repo, row, beforeNextWrite } = await saidWorld(
    t,
    {
      ...implementing,
      phase: 'wave_waiting',
      blockedReason: 'wave 1 has failed',
      blockedBy: 'daemon',
      blockedAt: 1,
    },
    { state: 'closed', taskStatus: 'failed' },
  );
  beforeNextWrite(async () => {
    await plans.signal(repo, { plan: 'auth', event: 'retry' }, { speaker: { kind: 'person' } });
  });

  const late = await plans.receiveFile(said({ event: 'task_finished', wave: 1, task: 1 }));

  t.match(late, { status: 'failed', reason: /its stage is over/ });
  t.match(row(), { status: 'implementing', round: 2 });
  t.match(plans.show(repo, 'auth').waves, [{ tasks: [{ status: 'pending' }] }], 'its new coder is to come');
});

t.test('what the daemon alone sees is said by nobody else', async (t) => {
  const { plans, repo, row } = await saidWorld(t, { status: 'done', phase: null }, { taskStatus: 'merged' });
  for (const event of daemonPlanEvents)
    for (const speaker of [{ kind: 'person' }, { kind: 'run', runId: 'run_1' }] as const)
      t.match(await plans.signal(repo, { plan: 'auth', event, wave: 1, task: 1 }, { speaker }), {
        status: 'failed',
        reason: /is for the daemon to say/,
      });

  t.equal(row().status, 'done');
});

t.test('a wave or a task that is none is told as such', async (t) => {
  const { plans, repo } = await saidWorld(t, implementing, {});
  for (const [said, reason] of [
    [{ event: 'task_finished', wave: 1, task: 99 }, "the plan 'auth' has no task 99: they count from 1 to 1"],
    [{ event: 'wave_start', wave: 99 }, "the plan 'auth' has no wave 99: they count from 1 to 1"],
  ] as const)
    for (const speaker of [{ kind: 'person' }, { kind: 'run', runId: 'run_1' }] as const)
      t.match(await plans.signal(repo, { plan: 'auth', ...said }, { speaker }), { status: 'failed', reason });
});

t.test('little is kept of what was refused, and it is not said again as if it were all', async (t) => {
  const { plans, repo } = await saidWorld(t, implementing, {});
  const long = 'ä'.repeat(100_000);
  const ofRun = { kind: 'run', runId: 'run_1' } as const;
  const refuse = (plan: string, body: string) =>
    plans.signal(repo, { plan, event: 'verify_failed', body }, { speaker: ofRun });

  const short = await refuse('auth', 'mend it');
  t.equal(short.body, 'mend it');
  const cut = await refuse('auth', long);
  t.match(cut, { status: 'failed', body: /^ä{2048}\n… the rest was not kept$/ });
  t.match(await refuse('nothing', long), { status: 'failed', body: /^\n… the rest was not kept$/ });
  t.equal((await refuse('auth', `a${long}`)).body?.at(2047), 'ä', 'no character is cut in two');
  const asked = { plan: 'auth', event: 'needs_decision', body: long };
  t.match(await plans.signal(repo, asked, { speaker: ofRun }), { status: 'done', body: /not kept$/ });

  await t.rejects(plans.retrySignal(repo, cut.id), {
    code: 'plan_refused',
    hint: 'say it yourself, with all that it said: drover signal verify-failed auth',
  });
});

t.test('what moves a plan is kept whole', async (t) => {
  const { plans, repo } = await saidWorld(t, reviewing, { taskStatus: 'merged' });
  const body = 'x'.repeat(100_000);
  const said = { plan: 'auth', event: 'review_changes_requested', body };

  t.match(await plans.signal(repo, said, { speaker: { kind: 'person' } }), { status: 'done', body });
});

t.test('beyond the rate a refused signal leaves no receipt, one that is taken does', async (t) => {
  const { plans, repo, row } = await saidWorld(t, reviewing, {
    role: 'reviewer',
    task: null,
    taskStatus: 'merged',
  });
  const listed = () =>
    plans.signals(repo, { limit: 0, cursor: undefined, plan: undefined, status: null }).items.length;

  t.match(await plans.receiveFile(said({ event: 'verify_failed', keepsRefusal: false })), {
    status: 'failed',
    reason: /only its verifier/,
  });
  t.match(await plans.receiveFile(said({ plan: 'nothing', keepsRefusal: false })), { status: 'failed' });
  t.equal(listed(), 0);
  t.match(await plans.receiveFile(said({ keepsRefusal: false })), { status: 'done' });
  t.equal(listed(), 1);
  t.equal(row().status, 'verifying');
});
