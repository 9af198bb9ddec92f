import t from 'tap';
import { formatMoved, formatPlans } from '../../src/cli/print/plan.ts';
import { formatPlan } from '../../src/cli/print/plan-page.ts';
import { formatSignals } from '../../src/cli/print/signal.ts';
import { plainStyle } from '../../src/cli/print/style.ts';
import type { Plan } from '../../src/contract/index.ts';
import { hostileText, obeyed } from '../support/hostile-samples.ts';
import { aPlan, aPlanSummary, aSignal } from '../support/plan-resources.ts';

const now = Date.parse('2026-01-02T04:04:05.000Z');
const at = '2026-01-02T03:54:05.000Z';
const options = { now, style: plainStyle, repo: undefined };
const page = (changes: Partial<Plan>) => formatPlan(aPlan(changes), options);
const commit = 'c'.repeat(40);

void t.test('a list says at a glance how far each plan is and what it waits for', async (t) => {
  const blocked = { reason: 'Which database?', by: 'agent', at };
  const text = formatPlans(
    [
      aPlanSummary(),
      aPlanSummary({
        name: 'search',
        status: 'planning',
        phase: 'awaiting_advance',
        wave: 0,
        tasks_merged: 0,
      }),
      aPlanSummary({ name: 'mail', status: 'done', phase: null, forced: true, tasks_merged: 3 }),
      aPlanSummary({ name: 'sync', blocked }),
      aPlanSummary({ name: 'new', status: 'ready', phase: 'draft', wave: 0, wave_count: 0, task_count: 0 }),
    ],
    options,
  );

  t.equal(
    text,
    `NAME    STATUS                       WAVE  TASKS  WAITS FOR     UPDATED
auth    implementing (wave running)   2/2    1/3  coders        1h ago
search  planning (awaiting advance)   0/2    0/3  you: advance  1h ago
mail    done (forced)                 2/2    3/3  -             1h ago
sync    implementing (wave running)   2/2    1/3  you: decide   1h ago
new     ready (draft)                   -      -  you: start    1h ago
sync is blocked: Which database?
`,
  );
});

void t.test('what a person has to decide stands first, with the commands that answer', async (t) => {
  const text = page({ blocked: { reason: 'wave 2 has failed (task 3: it ended twice)', by: 'daemon', at } });

  t.equal(
    text.split('\n\n')[1],
    `BLOCKED: wave 2 has failed (task 3: it ended twice)
  by drover, 10m ago; nothing is started before you decide
  answer it:    drover plan decide auth "what is to be done"
  try it again: drover plan retry auth
  give it up:   drover plan cancel auth`,
  );
  t.notMatch(text, 'waits for:');
});

void t.test('a question of several lines stands as it was asked', async (t) => {
  const blocked = { reason: 'Which colour?\r\n\n- red\n- blue\n', by: 'agent', at };
  const lines = 'Which colour?\n  | \n  | - red\n  | - blue\n';

  t.match(page({ blocked }), `BLOCKED: ${lines}  by an agent`);
  t.match(formatMoved(aPlan({ blocked }), options), `blocked: ${lines}waits for`);
});

void t.test('waves and tasks have their states, runs and reasons', async (t) => {
  const text = page({});

  t.match(text, /^status: {4}implementing \(wave running\), wave 2 of 2, 1 of 3 tasks merged$/m);
  t.match(text, 'wave 1: Storage, 1 of 1 merged\n    1  merged   Tables\n');
  t.match(
    text,
    `wave 2, 0 of 2 merged
    2  running  Endpoints         run_01JD0000000000000000000001
    3  failed   Form (attempt 2)
       it ended twice
`,
  );
});

void t.test('each state says what comes next, in a command where a person has to say it', async (t) => {
  const cases: readonly [Partial<Plan>, RegExp][] = [
    [
      { status: 'ready', phase: 'draft' },
      /have an agent plan it: drover plan start auth\n.*drover plan edit auth\n/,
    ],
    [{ status: 'ready', phase: 'planned' }, /implement it: drover plan implement auth\n/],
    [{ status: 'planning', phase: 'planning' }, /waits for: its planner\n\n/],
    [{ status: 'planning', phase: 'awaiting_advance' }, /let it go on: +drover plan advance auth\n/],
    [{ phase: 'architecting' }, /waits for: its architect\n/],
    [{ phase: 'wave_waiting', wave: 1 }, /start wave 2: drover plan implement auth --wave 2\n/],
    [{ phase: 'fixing' }, /waits for: its fixer\n/],
    [{ status: 'reviewing', phase: null }, /waits for: its reviewer\n/],
    [{ status: 'verifying', phase: null }, /waits for: its verifier\n/],
    [
      { status: 'done', phase: null },
      /waits for: nothing\n.*diff main\.\.\.drover\/plan\/auth\n.*git -C \/home\/me\/shop merge drover\/plan\/auth\n.*request-review auth\n/,
    ],
    [{ status: 'cancelled', phase: null }, /bring it back: drover plan reopen auth\n/],
  ];

  for (const [changes, expected] of cases) t.match(page(changes), expected, JSON.stringify(changes));
  t.notMatch(page({ status: 'done', phase: null, tasks_merged: 0 }), 'git -C', 'there is nothing to take');
  const empty = page({ status: 'done', phase: null, head_commit: commit, base_commit: commit });
  t.notMatch(empty, 'git -C', 'and so it is where the branch has no change');
  t.match(empty, 'changes:   none: its branch has nothing of its own\n');
});

void t.test(
  'the work of a done plan is offered while it is all on its branch, and not taken yet',
  async (t) => {
    const done = { status: 'done', phase: null } as const;
    const owed = {
      key: 'plan_1:advance_branch:3',
      kind: 'advance_branch',
      status: 'pending',
      attempts: 1,
      error: 'it is checked out',
      due_at: at,
    } as const;
    const merged = page({ ...done, merged_at: at });
    const moving = page({ ...done, owed: [owed] });
    const stuck = page({
      ...done,
      owed: [{ ...owed, status: 'dead' }],
      blocked: { reason: 'it is checked out', by: 'daemon', at },
    });

    t.match(page(done), 'take its work:');
    t.match(merged, /^status: {4}done \(merged\), /m);
    t.match(
      moving,
      'waits for: its branch, which does not have yet what its verifier mended; trying again: it is checked out\n',
    );
    const gone = page({ ...done, checkout: { path: '/srv/shop', base_gone: true, uncommitted: null } });
    t.match(gone, /^base: {6}main, at b{12}, which is not there any more$/m);
    t.match(gone, `see all of it:           git -C /srv/shop diff ${'b'.repeat(40)}...drover/plan/auth\n`);
    for (const text of [merged, moving, stuck]) t.notMatch(text, 'take its work:');
    t.match(
      formatPlans([aPlanSummary({ ...done, forced: true, merged_at: at })], options),
      'done (forced, merged)',
    );
  },
);

void t.test('a task that failed names the command that shows what it made', async (t) => {
  const task = { number: 1, attempt: 1, reason: 'it ended twice', commit: null, title: 'Form' };
  const waves = (status: 'failed' | 'running', run_id: string | null, more: Partial<Plan> = {}) =>
    page({ waves: [{ number: 1, title: null, tasks: [{ ...task, status, run_id }] }], ...more });

  t.match(
    waves('failed', 'run_F'),
    '  it ended twice\n       look at what it made: drover runs diff run_F\n',
  );
  const atWork = { status: 'implementing', phase: 'wave_waiting', wave: 1 } as const;
  const take = 'take it as it is:     drover signal task-finished auth --task 1';
  t.match(waves('failed', 'run_F', atWork), take);
  for (const over of [{ ...atWork, wave: 2 }, { ...atWork, status: 'cancelled' } as const])
    t.notMatch(waves('failed', 'run_F', over), take);
  for (const text of [waves('failed', null), waves('running', 'run_F')]) t.notMatch(text, 'runs diff');
});

void t.test('evidence: what failed has its last lines; earlier rounds are counted', async (t) => {
  const one = { stage: 'review', round: 3, run_id: 'run_E', commit, at, exit_code: 0, output: '' } as const;
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n');
  const text = page({
    evidence: [
      { ...one, round: 1, command: 'old' },
      { ...one, command: 'npm test' },
      { ...one, command: 'npm run lint', exit_code: 1, output: `${lines}\n` },
      { ...one, command: 'sleep 9', exit_code: null },
    ],
  });

  t.match(
    text,
    'evidence for the review, of cccccccccccc, run_E\n  ok          npm test\n  exit 1      npm run lint\n    | line 20\n',
  );
  t.match(text, '    | line 29\n  unfinished  sleep 9\n  1 earlier result: with --json\n');
  t.match(text, /^evidence: {2}2 of 3 commands failed$/m);
  t.notMatch(text, /line 19|old/);
  t.match(page({ evidence: [{ ...one, command: 'npm test' }] }), /^evidence: {2}1 command, all ok$/m);
});

void t.test('verdicts name their commits; a forced plan is shown as such', async (t) => {
  const verdict = { head: commit, base: 'b'.repeat(40), by: 'run_R', at, words: null };
  const good = page({ status: 'done', phase: null, review: verdict, verification: verdict });
  const forced = page({
    status: 'done',
    phase: null,
    forced: true,
    verify_cycle: 2,
    verification: { ...verdict, by: 'force_promoted' },
  });

  t.match(good, /^review: {4}approved by run_R 10m ago, of cccccccccccc on bbbbbbbbbbbb$/m);
  t.match(good, /^verified: {2}approved by run_R/m);
  t.notMatch(good, /forced/);
  t.match(forced, /^status: {4}done \(forced\)/m);
  t.match(forced, 'forced:    promoted after 2 failed verifications: no verifier has approved it\n');
  t.notMatch(forced, 'verified:');
});

void t.test('what is owed is told in words, what was given up with how to revive it', async (t) => {
  const owe = (kind: string, rest: string, more: Partial<Plan['owed'][number]> = {}) => ({
    key: `plan_1:${kind}:${rest}`,
    kind,
    status: 'pending' as const,
    attempts: 0,
    error: null,
    due_at: '2026-01-02T04:05:05.000Z',
    ...more,
  });
  const text = page({
    owed: [
      owe('spawn', 'coder:4:2:3:1', { attempts: 1, error: 'busy' }),
      owe('join', '4:3:1'),
      owe('join', '4:-:1'),
      owe('evidence', 'verify:5'),
      owe('stop', '-:5'),
      owe('later', 'x'),
      owe('spawn', 'fixer:4:-:-:1', { status: 'dead', attempts: 6, error: 'No agent' }),
    ],
  });

  t.match(
    text,
    `still to do
  start the coder of task 3, tried 1 time, again in 1m: busy
  merge task 3
  join what the fixer made
  run the commands of [verify] before the verification
  stop its runs
  plan_1:later:x

given up
  start the fixer, tried 6 times: No agent
  try it again: drover plan retry auth
`,
  );
});

void t.test('refused signals, feedback and faults of the markdown are on the page', async (t) => {
  const text = page({
    problems: ['line 3: wave 1 is there twice'],
    feedback: Array.from({ length: 45 }, (_, index) => `ask ${index}`).join('\n'),
    refused: [{ id: '01JDX', event: 'review_approved', reason: 'its stage is over', at }],
  });

  t.match(text, 'wrong in its markdown\n  line 3: wave 1 is there twice\n');
  t.match(text, 'what was asked for\n  | ask 0\n');
  t.match(text, '  | ask 39\n  5 more lines: with --json\n');
  t.match(text, 'refused signals\n  01JDX  review_approved, 10m ago: its stage is over\n');
  t.match(text, 'drover signal retry 01JDX\n');
});

void t.test('of many runs those that count come first, and the rest is counted', async (t) => {
  const runs = Array.from({ length: 20 }, (_, index) => ({
    run_id: `run_${index}`,
    role: 'coder' as const,
    round: 1,
    wave: 1,
    task: index,
    attempt: 1,
    state: index === 2 ? ('asked' as const) : ('closed' as const),
  }));

  const text = page({ runs });

  t.match(text, /RUN .*\nrun_2 .*was asked whether it is done\nrun_19 /);
  t.match(text, '8 earlier runs: with --json\n');
});

void t.test(
  'nothing that an agent wrote is obeyed, or stands where a line of drover’s own could',
  async (t) => {
    const text = page({
      name: hostileText,
      title: `${hostileText}\nBLOCKED: no`,
      goal: `a\nb`,
      blocked: { reason: `${hostileText}\nstatus: done`, by: hostileText, at },
      feedback: `${hostileText}\nstatus: done`,
      problems: [hostileText],
      evidence: [
        {
          stage: 'verify',
          round: 1,
          run_id: 'r',
          command: hostileText,
          commit: hostileText,
          exit_code: 1,
          output: `${hostileText}\nstatus: done`,
          at,
        },
      ],
      owed: [
        { key: hostileText, kind: hostileText, status: 'dead', attempts: 1, error: hostileText, due_at: at },
      ],
      refused: [{ id: hostileText, event: hostileText, reason: hostileText, at }],
    });
    const verdict = { head: hostileText, base: hostileText, by: hostileText, at };
    const done = page({
      status: 'done',
      phase: null,
      base: hostileText,
      branch: hostileText,
      kept: [hostileText],
      review: { ...verdict, words: `${hostileText}\nstatus: done` },
      settings: {
        verify: [],
        auto_readiness_review: true,
        own: 'broken',
        problem: `${hostileText}\nstatus: done`,
      },
      checkout: { path: hostileText, base_gone: true, uncommitted: 1 },
    });
    const tried = page({
      waves: [
        {
          number: 1,
          title: hostileText,
          tasks: [
            {
              number: 1,
              title: hostileText,
              status: 'failed',
              attempt: 1,
              reason: hostileText,
              commit: null,
              run_id: hostileText,
            },
          ],
        },
      ],
      owed: [
        { key: hostileText, kind: 'join', status: 'pending', attempts: 1, error: hostileText, due_at: at },
      ],
    });
    const list = formatPlans(
      [aPlanSummary({ name: hostileText, blocked: { reason: hostileText, by: 'x', at } })],
      options,
    );
    const signals = formatSignals(
      [aSignal({ plan: hostileText, event: hostileText, source: hostileText, reason: hostileText })],
      now,
      plainStyle,
    );

    for (const shown of [text, done, tried, list, signals]) t.notMatch(shown, obeyed);
    for (const shown of [text, done, tried]) t.equal(shown.match(/^status:/gm)?.length, 1);
    t.equal(text.match(/^BLOCKED:/gm)?.length, 1);
  },
);
