/** What the page of a plan says of who is waited for, what was judged, and what is not in it. */
import t from 'tap';
import { formatMoved } from '../../src/cli/print/plan.ts';
import { formatPlan } from '../../src/cli/print/plan-page.ts';
import { plainStyle } from '../../src/cli/print/style.ts';
import type { Plan } from '../../src/contract/index.ts';
import { aPlan } from '../support/plan-resources.ts';

const now = Date.parse('2026-01-02T04:04:05.000Z');
const at = '2026-01-02T03:54:05.000Z';
const options = { now, style: plainStyle, repo: undefined };
const page = (changes: Partial<Plan>) => formatPlan(aPlan(changes), options);
const commit = 'c'.repeat(40);

void t.test(
  'the commands of [verify] are waited for while they run, and are a run of the page',
  async (t) => {
    const run = { round: 2, wave: null, task: null, attempt: 1 } as const;
    const commands = { ...run, run_id: 'run_E', role: 'evidence', state: 'open' } as const;
    const live = { run_id: 'run_E', role: 'evidence', task: null, waiting_on: null, asks: null } as const;
    const text = page({
      status: 'reviewing',
      phase: null,
      runs: [commands],
      live: [{ ...live, status: 'running' }],
    });
    const judged = page({
      status: 'reviewing',
      phase: null,
      runs: [
        { ...commands, state: 'closed' },
        { ...run, run_id: 'run_R', role: 'reviewer', state: 'open' },
      ],
    });

    t.match(text, 'waits for: the [verify] commands (run_E)\n');
    t.match(text, /^run_E {2}evidence .* at work$/m);
    t.match(judged, 'waits for: its reviewer\n');
    t.match(judged, /^run_E {2}evidence .* over$/m);
  },
);

void t.test('a plan that is judged without evidence says why, and what a person could do', async (t) => {
  const settings: Plan['settings'] = { verify: [], auto_readiness_review: true, own: 'none', problem: null };
  const untrusted: Plan['settings'] = { ...settings, own: 'untrusted' };
  const checkout = { path: "/srv/a 'b'", base_gone: false, uncommitted: null };
  const advice = ".drover/config.toml is not trusted: drover daemon trust '/srv/a '\\''b'\\'''\n";
  const evidence = page({ status: 'verifying', phase: null });

  t.match(evidence, 'evidence:  none: no [verify] commands\n');
  for (const status of ['reviewing', 'verifying', 'done'] as const)
    t.match(page({ status, phase: null, settings: untrusted, checkout }), `evidence:  none: ${advice}`);
  t.match(page({ settings: untrusted, checkout }), `settings:  ${advice}`, 'before it is too late');
  t.match(
    page({ status: 'done', phase: null, settings: { ...settings, verify: ['npm test'] } }),
    'evidence:  none: the [verify] commands were not run\n',
  );
  t.match(
    page({ settings: { ...settings, own: 'broken', problem: 'it is wrong:\nline 1' } }),
    'settings:  .drover/config.toml is not used: it is wrong:\n           line 1\n',
  );
  for (const text of [page({}), page({ status: 'done', phase: null, tasks_merged: 0 })])
    t.notMatch(text, /evidence|settings/);
});

void t.test('a plan that is done without a verifier says so', async (t) => {
  const review = { head: commit, base: 'b'.repeat(40), by: 'run_R', at, words: null };
  const settings: Plan['settings'] = { verify: [], auto_readiness_review: false, own: 'none', problem: null };

  t.match(
    page({ status: 'done', phase: null, review, settings }),
    'verified:  no: auto_readiness_review is off\n',
  );
  t.notMatch(page({ status: 'done', phase: null, settings }), 'verified:', 'a person has called it done');
  t.notMatch(page({ status: 'verifying', phase: null, review }), 'verified:');
});

void t.test('what was said with a verdict is on the page', async (t) => {
  const verdict = { head: commit, base: 'b'.repeat(40), by: 'run_R', at };
  const text = page({
    status: 'done',
    phase: null,
    review: { ...verdict, words: 'Small and clear.\nWell tested.\n' },
    verification: { ...verdict, words: 'It works' },
  });

  t.match(text, 'said with the review\n  | Small and clear.\n  | Well tested.\n\n');
  t.match(text, 'said with the verification\n  | It works\n');
});

void t.test('where the work is of a plan that was begun anew is said, at once and on its page', async (t) => {
  const ref = `refs/drover/plans/${aPlan().id}/4`;
  const renew = {
    key: `${aPlan().id}:renew_branch:4`,
    kind: 'renew_branch',
    status: 'pending',
    attempts: 0,
    error: null,
    due_at: at,
  } as const;
  const moved = (changes: Partial<Plan>) => formatMoved(aPlan(changes), options);

  t.match(moved({ owed: [renew] }), `what its branch held is kept: ${ref}\n`);
  t.match(moved({ kept: [ref], base_commit: null, head_commit: null }), `is kept: ${ref}\n`);
  for (const changes of [{}, { kept: [ref] }, { owed: [renew], head_commit: null }])
    t.notMatch(moved(changes), 'is kept');
  t.match(page({ kept: [ref] }), `earlier:   ${ref}\n`);
});

void t.test('what is not committed in the checkout is said before the branch is made', async (t) => {
  const checkout = { path: '/home/me/shop', base_gone: false, uncommitted: 3 };

  t.match(page({ checkout }), 'checkout:  3 uncommitted files are not included\n');
  t.match(formatMoved(aPlan({ checkout }), options), '\n3 uncommitted files are not included\nwaits for:');
  for (const uncommitted of [0, null])
    t.notMatch(page({ checkout: { ...checkout, uncommitted } }), 'not included');
});

void t.test('what fails and is tried again is what a plan waits for', async (t) => {
  const owed = {
    key: 'plan_1:spawn:reviewer:4:-:-:1',
    kind: 'spawn',
    status: 'pending',
    attempts: 2,
    error: 'the disk is full',
    due_at: at,
  } as const;

  t.match(
    page({ status: 'reviewing', phase: null, runs: [], owed: [owed] }),
    'waits for: trying again: the disk is full\n',
  );
  t.match(
    page({ owed: [owed] }),
    'waits for: its coders, who work on wave 2; trying again: the disk is full\n',
  );
  t.match(page({ owed: [{ ...owed, error: null }] }), 'waits for: its coders, who work on wave 2\n');
});
