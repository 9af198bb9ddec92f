import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import { type FakeHandler, fakeDaemon, problem } from '../support/fake-daemon.ts';
import { aPlan, aPlanSummary, aSignal } from '../support/plan-resources.ts';
import { aRepo, aStatus } from '../support/resources.ts';
import { runCommand } from '../support/run-command.ts';

const repo = aRepo().id;
const plans = `/v1/repos/${repo}/plans`;
const signals = `/v1/repos/${repo}/signals`;

/** A daemon that knows one repository and, of it, the plan `auth`. */
const routes: Readonly<Record<string, FakeHandler | object>> = {
  'GET /v1/repos': { items: [aRepo()], next_cursor: null },
  [`GET ${plans}`]: { items: [aPlanSummary()], next_cursor: 'more' },
  [`POST ${plans}`]: (_request, _response, reply) =>
    reply(aPlan({ status: 'ready', phase: 'draft', wave: 0, wave_count: 0, task_count: 0, waves: [] }), 201),
  [`GET ${plans}/auth`]: aPlan(),
  [`PATCH ${plans}/auth`]: aPlan({ status: 'ready', phase: 'planned' }),
  [`POST ${plans}/auth/events`]: aPlan(),
  [`POST ${plans}/${aPlan().id}/events`]: aPlan({ status: 'planning', phase: 'planning' }),
  [`GET ${signals}`]: { items: [aSignal({ status: 'failed', reason: 'not now' })], next_cursor: null },
  [`POST ${signals}`]: (_request, _response, reply) => reply(aSignal(), 201),
  [`POST ${signals}/${aSignal().id}/retry`]: (_request, _response, reply) => reply(aSignal(), 201),
};

/** In a folder of a repository, against such a daemon. */
async function begin(t: Test, changes: Readonly<Record<string, FakeHandler | object>> = {}) {
  const daemon = await fakeDaemon({ ...routes, ...changes });
  t.teardown(daemon.close);
  const cwd = t.testdir({
    '.git': {},
    deep: { down: {} },
    'plan.md': '## Wave 1\n\n### Task 1: one\n',
    'bad.md': Buffer.from([0x23, 0xff]),
  });
  const say = (argv: readonly string[], world = {}) =>
    runCommand(argv, { env: daemon.env, world: { cwd: `${cwd}/deep/down`, ...world } });
  const asked = () => daemon.requests.map(({ method, path }) => `${method} ${path}`);
  return { daemon, cwd, say, asked };
}

void t.test('each command calls its route, says its word and prints what comes next', async (t) => {
  const { daemon, say } = await begin(t);
  const events = `POST ${plans}/auth/events`;
  const cases: readonly [string, RegExp, string, object | undefined][] = [
    ['plan list', /^NAME +STATUS +WAVE +TASKS +WAITS FOR +UPDATED\n/, `GET ${plans}`, undefined],
    ['plan', /^NAME/, `GET ${plans}`, undefined],
    ['plan show auth', /^auth {2}Passkeys for everybody\n/, `GET ${plans}/auth`, undefined],
    [
      'plan create auth',
      /^auth: ready \(draft\)\n.*\n {2}have an agent plan it: +drover plan start auth\n/,
      `POST ${plans}`,
      { name: 'auth', content: '' },
    ],
    [
      'plan create auth ../../plan.md --topic login --base next',
      /^auth/,
      `POST ${plans}`,
      { name: 'auth', content: '## Wave 1\n\n### Task 1: one\n', topic: 'login', base: 'next' },
    ],
    [
      'plan create auth --start',
      /^auth: planning\nwaits for: its planner\n/,
      `POST ${plans}/${aPlan().id}/events`,
      { event: 'plan_start' },
    ],
    [
      'plan edit auth ../../plan.md',
      /^auth: ready \(planned\)\n/,
      `PATCH ${plans}/auth`,
      { content: '## Wave 1\n\n### Task 1: one\n' },
    ],
    [
      'plan edit auth --topic login --base next',
      /^auth/,
      `PATCH ${plans}/auth`,
      { topic: 'login', base: 'next' },
    ],
    ['plan edit auth --topic=', /^auth/, `PATCH ${plans}/auth`, { topic: null }],
    [
      'plan start auth',
      /^auth: implementing \(wave running\)\nwaits for: its coders, who work on wave 2\n$/,
      events,
      { event: 'plan_start' },
    ],
    ['plan advance auth', /^auth/, events, { event: 'advance' }],
    ['plan implement auth', /^auth/, events, { event: 'implement_start' }],
    ['plan implement auth --wave 2', /^auth/, events, { event: 'wave_start', wave: 2 }],
    ['plan retry auth', /^auth/, events, { event: 'retry' }],
    ['plan decide auth', /^auth/, events, { event: 'decide' }],
    ['plan decide auth keep it', /^auth/, events, { event: 'decide', body: 'keep it' }],
    ['plan cancel auth', /^auth/, events, { event: 'cancel' }],
    ['plan reopen auth', /^auth/, events, { event: 'reopen' }],
    ['plan done auth', /^auth/, events, { event: 'mark_done' }],
    ['plan start-over auth', /^auth/, events, { event: 'start_over' }],
    ['plan reimplement auth', /^auth/, events, { event: 'reimplement' }],
    ['plan request-review auth', /^auth/, events, { event: 'request_review' }],
    [
      'signal task-finished auth --wave 2 --task 2',
      /^done: task_finished \(wave 2, task 2\) of auth \(01JD/,
      `POST ${signals}`,
      { plan: 'auth', event: 'task-finished', wave: 2, task: 2 },
    ],
    [
      'signal review_changes auth --body-file ../../plan.md',
      /^done/,
      `POST ${signals}`,
      { plan: 'auth', event: 'review_changes', body: '## Wave 1\n\n### Task 1: one\n' },
    ],
    ['signal list', /^ID +STATUS +PLAN +EVENT +FROM +AGE +REASON\n.*not now/, `GET ${signals}`, undefined],
    [`signal retry ${aSignal().id}`, /^done: /, `POST ${signals}/${aSignal().id}/retry`, undefined],
  ];

  for (const [line, expected, route, body] of cases) {
    const before = daemon.requests.length;
    const said = await say(line.split(' '));

    t.equal(said.code, 0, `${line}: ${said.err}`);
    t.match(said.out, expected, line);
    const made = daemon.requests.slice(before).find(({ method, path }) => `${method} ${path}` === route);
    t.ok(made, `${line} asks ${route}`);
    t.strictSame(made?.body, body, line);
  }
});

void t.test(
  'plan implement of a plan that waits for a decision says what it leaves without an answer',
  async (t) => {
    const blocked = { reason: 'wait for Bob', by: 'person', at: '2026-01-02T03:04:05.000Z' };
    const waiting = aPlan({ status: 'ready', phase: 'planned', blocked });
    const { say } = await begin(t, { [`GET ${plans}/auth`]: waiting });

    t.match(await say(['plan', 'implement', 'auth']), {
      code: 0,
      err: 'that was your decision, without an answer to: wait for Bob\n',
    });
  },
);

void t.test('--json prints what HTTP answers', async (t) => {
  const { say } = await begin(t);
  const json = async (line: string) => JSON.parse((await say([...line.split(' '), '--json'])).out);

  t.strictSame(await json('plan list'), { items: [aPlanSummary()], next_cursor: 'more' });
  for (const line of ['plan show auth', 'plan advance auth', 'plan decide auth yes'])
    t.strictSame(await json(line), aPlan(), line);
  t.strictSame(await json('plan create auth --start'), aPlan({ status: 'planning', phase: 'planning' }));
  t.strictSame(await json('signal list'), {
    items: [aSignal({ status: 'failed', reason: 'not now' })],
    next_cursor: null,
  });
  t.strictSame(await json('signal needs-decision auth'), aSignal());
});

void t.test('lists ask for what the options say; both spellings of cancelled will do', async (t) => {
  const { daemon, say } = await begin(t);
  for (const status of ['cancelled', 'canceled', 'active', 'blocked', 'done']) {
    const said = await say(['plan', 'list', '--status', status, '--limit', '3']);
    t.equal(said.code, 0);
    t.match(said.err, 'there are more');
    t.equal(daemon.requests.at(-1)?.query.toString(), `limit=3&status=${status}`);
  }
  await say(['signal', 'list', '--plan', 'auth', '--status', 'failed', '--limit', '0']);
  t.equal(daemon.requests.at(-1)?.query.toString(), 'limit=0&plan=auth&status=failed');
  t.match(await say(['plan', 'list', '--status', 'asleep']), { code: 2, err: /use one of: ready, planning/ });
});

void t.test(
  'the repository is that of the folder, or the one that is named; it is registered for a new plan alone',
  async (t) => {
    const missing: FakeHandler = (_request, _response, reply) =>
      reply(problem('repo_not_found', 404, 'not registered', { hint: 'drover daemon add PATH' }), 404);
    const { daemon, cwd, say, asked } = await begin(t, {
      'GET /v1/repos': missing,
      'POST /v1/repos': (_request, _response, reply) => reply(aRepo(), 201),
      'GET /v1/repos/shop/plans': { items: [], next_cursor: null },
    });

    t.match(await say(['plan', 'list']), { code: 5, err: /not registered/ });
    t.match(await say(['signal', 'advance', 'auth']), { code: 5 });
    t.notOk(asked().includes('POST /v1/repos'));
    t.equal(
      daemon.requests[0]?.query.get('path'),
      cwd,
      'by the top of the work tree, as a run’s worktree is found too',
    );
    const created = await say(['plan', 'create', 'auth']);
    t.match(created, { code: 0, err: /^registered .* as shop/ });
    t.ok(asked().includes(`POST ${plans}`));
    t.match(await say(['plan', 'list', '--repo', 'shop']), { code: 0, out: 'no plans\n' });
    const outside = await say(['plan', 'list'], { cwd: '/' });
    t.match(outside, { code: 2, err: /in no git repository[\s\S]*--repo/ });
  },
);

void t.test('what was named is named again in the commands that are shown', async (t) => {
  const { say } = await begin(t, {
    'GET /v1/repos/shop/plans/auth': aPlan({ status: 'planning', phase: 'awaiting_advance' }),
  });

  const { out } = await say(['plan', 'show', 'auth', '--repo', 'shop']);

  t.match(out, 'waits for: you, as its planner has finished\n');
  t.match(out, 'drover plan advance auth --repo shop\n');
  t.match(out, 'drover plan show auth --content --repo shop\n');
});

void t.test('the commands that an error hints at name the repository too', async (t) => {
  const hint = 'choose another name, or look at it: drover plan show auth; list them with: drover plan list';
  const { say } = await begin(t, {
    'POST /v1/repos/shop/plans': (_request, _response, reply) =>
      reply(problem('plan_exists', 409, 'there already', { hint }), 409),
    [`POST ${plans}`]: (_request, _response, reply) =>
      reply(problem('plan_exists', 409, 'there already', { hint }), 409),
  });

  t.match(
    (await say(['plan', 'create', 'auth', '--repo', 'shop'])).err,
    'drover plan show auth --repo shop; list them with: drover plan list --repo shop\n',
  );
  t.match((await say(['plan', 'create', 'auth'])).err, `hint: ${hint}\n`, 'not where the folder says it');
});

void t.test('implement begins a plan, and starts the next wave of one that waits between two', async (t) => {
  const { daemon, say } = await begin(t, {
    [`GET ${plans}/auth`]: aPlan({ phase: 'wave_waiting', wave: 1 }),
  });

  t.match(await say(['plan', 'implement', 'auth']), { code: 0 });
  t.strictSame(daemon.requests.at(-1)?.body, { event: 'wave_start', wave: 2 });
});

void t.test('in the run of a task, task-finished is about that task', async (t) => {
  const { daemon, cwd } = await begin(t);
  const env = { ...daemon.env, DROVER_PLAN: 'auth', DROVER_PLAN_WAVE: '2', DROVER_PLAN_TASK: '5' };
  const said = async (line: string) => {
    await runCommand(line.split(' '), { env, world: { cwd } });
    return daemon.requests.at(-1)?.body;
  };

  t.strictSame(await said('signal task-finished auth'), {
    plan: 'auth',
    event: 'task-finished',
    wave: 2,
    task: 5,
  });
  t.strictSame(await said('signal implement_task_finished auth --task 1'), {
    plan: 'auth',
    event: 'implement_task_finished',
    task: 1,
  });
  for (const line of ['signal task-finished other', 'signal needs-decision auth'])
    t.notMatch(await said(line), { task: 5 }, line);
});

void t.test('what no spelling is near to is understood all the same', async (t) => {
  const { say } = await begin(t);

  for (const word of ['delete', 'remove', 'rm', 'stop'])
    t.match(await say(['plan', word, 'auth']), { code: 2, err: /did you mean: drover plan cancel\n/ });
});

void t.test('a signal that is refused ends with 6 and the reason, of no plan with 5', async (t) => {
  const refused = aSignal({ status: 'failed', reason: 'task 2 is merged, not running' });
  const { say } = await begin(t, {
    [`POST ${signals}`]: (request, _response, reply) =>
      reply({ ...refused, plan: (request.body as { plan: string }).plan }, 201),
    [`POST ${signals}/${refused.id}/retry`]: (_request, _response, reply) => reply(refused, 201),
    [`GET ${plans}/nothing`]: (_request, _response, reply) =>
      reply(problem('plan_not_found', 404, 'shop has no plan nothing'), 404),
    [`POST ${plans}/auth/events`]: (_request, _response, reply) =>
      reply(problem('plan_refused', 409, 'it is done'), 409),
    [`POST ${plans}/nothing/events`]: (_request, _response, reply) =>
      reply(problem('plan_not_found', 404, 'shop has no plan nothing'), 404),
  });

  const said = await say(['signal', 'task-finished', 'auth', '--task', '2']);
  t.match(said, { code: 6, out: '', err: /task 2 is merged, not running\nhint: .*drover signal retry 01JD/ });
  const json = await say(['signal', 'task-finished', 'auth', '--task', '2', '--json']);
  t.equal(json.code, 6);
  t.strictSame(JSON.parse(json.out), refused);
  t.match(JSON.parse(json.err), { code: 'plan_refused' });
  t.match(await say(['signal', 'retry', refused.id]), { code: 6, err: /task 2 is merged/ });
  t.match(await say(['signal', 'task-finished', 'nothing', '--task', '2']), {
    code: 5,
    err: /no plan nothing/,
  });
  t.match(await say(['plan', 'advance', 'nothing']), { code: 5, err: /no plan nothing/ });
  t.match(await say(['plan', 'advance', 'auth']), { code: 6, err: /it is done/ });
});

void t.test('what can never be said is not advised to be said again', async (t) => {
  const refused = aSignal({ event: 'task_merged', status: 'failed', reason: 'it is for the daemon to say' });
  const { say } = await begin(t, {
    [`POST ${signals}`]: (_request, _response, reply) => reply(refused, 201),
  });

  t.match(await say(['signal', 'task-merged', 'auth']), { code: 6, err: /the daemon to say\n$/ });
  t.match(await say(['signal', 'task-finished', 'auth']), { code: 2, err: /name it with --task T/ });
});

void t.test('texts come from files, from standard input, or not at all', async (t) => {
  const { daemon, cwd, say } = await begin(t);
  const input = (text: string | Buffer) => ({ stdin: new PassThrough().end(text) });

  await say(['plan', 'create', 'auth', '-'], input('from a pipe\n'));
  t.match(daemon.requests.at(-1)?.body, { content: 'from a pipe\n' });
  await say(['plan', 'decide', 'auth', '-'], input('keep it\n'));
  t.match(daemon.requests.at(-1)?.body, { body: 'keep it' });
  await say(['signal', 'review-changes', 'auth', '--body-file', '-'], input('mend it\n'));
  t.match(daemon.requests.at(-1)?.body, { body: 'mend it\n' });
  const before = daemon.requests.length;
  const wrong: readonly [string[], RegExp][] = [
    [['plan', 'create', 'auth', `${cwd}/none.md`], /none.md cannot be read \(ENOENT\)/],
    [['plan', 'create', 'auth', cwd], /cannot be read \(EISDIR\)/],
    [['plan', 'create', 'auth', `${cwd}/bad.md`], /not UTF-8/],
    [['plan', 'edit', 'auth'], /nothing to change/],
    [['plan', 'implement', 'auth', '--wave', '0'], /--wave cannot be '0'/],
    [['signal', 'advance', 'auth', '--task', 'x'], /--task cannot be 'x'/],
    [['signal', 'advance', 'auth', '--body', 'x', '--body-file', '-'], /exclude each other/],
  ];
  for (const [argv, expected] of wrong) t.match(await say(argv), { code: 2, err: expected }, argv.join(' '));
  t.match(await say(['plan', 'create', 'auth', '-'], input(Buffer.alloc(256 * 1024 + 1, 'x'))), {
    code: 2,
    err: /standard input is larger than 256/,
  });
  t.equal(daemon.requests.slice(before).filter(({ method }) => method !== 'GET').length, 0);
});

void t.test('a plan that is stored and cannot be started is said to be there', async (t) => {
  const { say } = await begin(t, {
    [`POST ${plans}/${aPlan().id}/events`]: (_request, _response, reply) =>
      reply(problem('draining', 503, 'The daemon is stopping'), 503),
  });

  t.match(await say(['plan', 'create', 'auth', '--start']), {
    code: 7,
    err: /the plan is stored, and not started: drover plan start auth\n[\s\S]*The daemon is stopping/,
  });
});

void t.test('trust says what of plans the repository asks for, or what is wrong with that', async (t) => {
  const own = {
    copy: [],
    setup: [],
    verify: ['npm test'],
    roles: { coder: 'codex' },
    settings: { auto_implement: true },
    prompts: ['coder'],
    unused: ['.drover/prompts/codr.md is not used: did you mean coder.md?'],
    problem: null,
  };
  const { say } = await begin(t, {
    'PATCH /v1/repos/shop': aRepo({ trusted: true, own_config: own }),
    'PATCH /v1/repos/broken': aRepo({
      project: 'broken',
      trusted: true,
      own_config: { ...own, problem: 'wrong:\nline 1' },
    }),
  });

  t.match(await say(['daemon', 'trust', 'broken']), {
    code: 2,
    out: 'broken is trusted\n  its configuration is not used:\n    wrong:\n    line 1\n',
  });
  t.equal(
    (await say(['daemon', 'trust', 'shop'])).out,
    `shop is trusted
  run before a plan is reviewed or verified: npm test
  agent of its plans as coder: codex
  set for its plans: auto_implement = true
  told to an agent instead of drover’s own prompt: .drover/prompts/coder.md
  .drover/prompts/codr.md is not used: did you mean coder.md?
`,
  );
});

void t.test('the status says how many plans are at work, and which repository needs a person', async (t) => {
  const { say } = await begin(t, {
    'GET /v1/status': aStatus({
      plans_blocked: 2,
      repos: [
        aRepo({ active_plans: 3, plans_blocked: 2 }),
        aRepo({ project: 'quiet', active_plans: 1 }),
        aRepo({ project: 'next', plans_waiting: 1 }),
      ],
    }),
  });

  const { out } = await say(['status']);

  t.match(out, /^plans: +2 plans blocked, waiting for you$/m);
  t.match(out, /^shop +1 +3 /m);
  t.match(out, /^shop: 2 plans wait for your decision: drover plan list --repo shop --status blocked$/m);
  t.match(out, /^next: 1 plan waits for your go: drover plan list --repo next --status waiting$/m);
  t.notMatch(out, /^quiet:/m);
});
