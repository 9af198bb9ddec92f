import t from 'tap';
import {
  isDisabledIn,
  type Job,
  judge,
  parseJob,
  type Verdict,
} from '../../../src/service/launchd/answers.ts';
import { conditionOf } from '../../../src/service/launchd/inspect.ts';
import {
  afterBootout,
  afterBootstrap,
  afterKickstart,
  afterSignal,
  hasEnded,
  howToStart,
  howToStop,
  mustBeLoadedAnew,
} from '../../../src/service/launchd/steps.ts';

const verdicts: readonly Verdict[] = [
  'done',
  'absent',
  'moving',
  'disabled',
  'no-domain',
  'unclear',
  'refused',
];
const job = (state: string | null, pid: number | null = null, ended: Job['ended'] = null): Job => ({
  state,
  pid,
  runs: 1,
  ended,
});
const running = job('running', 7);
const atRest = job('not running', null, { kind: 'exit', code: 0 });
const crashed = job('spawn scheduled', null, { kind: 'signal', name: 'Killed: 9' });
const leaving = job('SIGTERMed', 7);

t.test('each exit code that launchctl was seen with has a meaning', async (t) => {
  const meanings = {
    0: 'done',
    3: 'absent',
    5: 'unclear',
    36: 'moving',
    37: 'moving',
    64: 'refused',
    112: 'no-domain',
    113: 'absent',
    119: 'disabled',
    125: 'no-domain',
    1: 'refused',
    134: 'refused',
  };

  for (const [code, verdict] of Object.entries(meanings))
    t.equal(judge({ code: Number(code), text: '' }), verdict, code);
  t.equal(judge({ code: null, text: '' }), 'unclear', 'no answer in time');
});

t.test('after bootstrap: the whole grid', async (t) => {
  const grid = (seen: Job | null, isLate: boolean) =>
    verdicts.map((verdict) => afterBootstrap(verdict, seen, isLate));

  t.same(grid(null, false), ['loaded', 'give-up', 'wait', 'enable', 'give-up', 'wait', 'give-up']);
  t.same(grid(null, true), ['loaded', 'give-up', 'give-up', 'give-up', 'give-up', 'give-up', 'give-up']);
  t.same(grid(leaving, false), ['loaded', 'give-up', 'wait', 'enable', 'give-up', 'wait', 'give-up']);
  t.same(grid(running, true), ['loaded', 'give-up', 'loaded', 'loaded', 'give-up', 'loaded', 'give-up']);
});

t.test('after bootout: gone is only what launchd no longer knows', async (t) => {
  const grid = (seen: Job | null, isLate: boolean) =>
    verdicts.map((verdict) => afterBootout(verdict, seen, isLate));

  t.same(
    grid(null, false),
    verdicts.map(() => 'gone'),
  );
  t.same(
    grid(null, true),
    verdicts.map(() => 'gone'),
  );
  t.same(grid(leaving, false), ['wait', 'again', 'wait', 'wait', 'give-up', 'again', 'give-up']);
  t.same(
    grid(atRest, true),
    verdicts.map(() => 'give-up'),
  );
});

t.test('after kickstart: 37 means a start or a leave, and the job tells which', async (t) => {
  const grid = (seen: Job | null, isLate: boolean) =>
    verdicts.map((verdict) => afterKickstart(verdict, seen, isLate));

  t.same(grid(null, false), ['started', 'load', 'load', 'load', 'load', 'load', 'load']);
  t.same(grid(running, false), ['started', 'load', 'started', 'enable', 'give-up', 'started', 'give-up']);
  t.same(grid(leaving, false), ['started', 'load', 'wait', 'enable', 'give-up', 'wait', 'give-up']);
  t.same(grid(leaving, true), ['started', 'load', 'give-up', 'give-up', 'give-up', 'give-up', 'give-up']);
});

t.test('how to start and to stop, from every state', async (t) => {
  const table: readonly [string, Job | null, string, string][] = [
    ['not loaded', null, 'load', 'nothing'],
    ['running', running, 'nothing', 'signal'],
    ['being started', job('xpcproxy', 7), 'nothing', 'signal'],
    ['at rest', atRest, 'kickstart', 'nothing'],
    ['about to be started again', crashed, 'kickstart', 'bootout'],
    ['leaving', leaving, 'nothing', 'bootout'],
    ['unreadable', job(null), 'kickstart', 'bootout'],
  ];

  for (const [what, seen, start, stop] of table) {
    t.equal(howToStart(seen), start, `${what}: start`);
    t.equal(howToStop(seen), stop, `${what}: stop`);
  }
});

t.test('after SIGTERM: down, still there, or started again and so to be unloaded', async (t) => {
  t.equal(afterSignal(7, null, false), 'down');
  t.equal(afterSignal(7, atRest, false), 'down');
  t.equal(afterSignal(7, running, false), 'wait');
  t.equal(afterSignal(7, running, true), 'bootout', 'too late');
  t.equal(afterSignal(7, job('running', 8), false), 'bootout', 'another pid');
  t.equal(afterSignal(7, crashed, false), 'bootout');
});

t.test('what counts as ended', async (t) => {
  t.notOk(hasEnded(running));
  t.notOk(hasEnded(job('not running')), 'not started yet');
  t.ok(hasEnded(atRest));
  t.ok(hasEnded(crashed));
  t.notOk(hasEnded(job('spawn scheduled', null, { kind: 'exit', code: 0 })), 'a start that was asked for');
  t.ok(mustBeLoadedAnew(job('spawn scheduled', null, { kind: 'system', name: 'OS_REASON_CODESIGNING' })));
  t.notOk(mustBeLoadedAnew(crashed));
});

t.test('print is read at its first level only, and what cannot be read is null', async (t) => {
  const text = (lines: string[]) =>
    [
      'gui/501/dev.drover.daemon = {',
      ...lines,
      '\tresource coalition = {',
      '\t\tstate = active',
      '\t\tpid = 99',
      '\t}',
      '}',
      '',
    ].join('\n');

  t.same(
    parseJob(text(['\tstate = running', '\truns = 3', '\tpid = 41', '\tlast exit code = (never exited)'])),
    {
      state: 'running',
      pid: 41,
      runs: 3,
      ended: null,
    },
  );
  t.same(parseJob(text(['\tstate = spawn scheduled', '\tlast exit code = 78: EX_CONFIG'])), {
    state: 'spawn scheduled',
    pid: null,
    runs: null,
    ended: { kind: 'exit', code: 78 },
  });
  t.match(parseJob(text(['\tlast terminating signal = Killed: 9'])), {
    ended: { kind: 'signal', name: 'Killed: 9' },
  });
  t.match(parseJob(text(['\tlast exit reason = OS_REASON_CODESIGNING', '\tlast exit code = 0'])), {
    ended: { kind: 'system' },
  });
  t.same(parseJob('macOS 99 prints JSON'), { state: null, pid: null, runs: null, ended: null });
});

t.test('a disabled label is found in both spellings, and no other that begins like it', async (t) => {
  const label = 'dev.drover.daemon';

  t.ok(isDisabledIn(`disabled services = {\n\t\t"${label}" => disabled\n\t}\n`, label));
  t.ok(isDisabledIn(`\t\t"${label}" => true\n`, label));
  t.notOk(isDisabledIn(`\t\t"${label}" => enabled\n\t\t"${label}.work" => disabled\n`, label));
  t.notOk(isDisabledIn('\t\t"devXdrover.daemon" => true\n', label));
});

t.test('how it does, in the words of every manager', async (t) => {
  const errors = `${t.testdir({ errors: '── now starts\nerror: The port is taken\n' })}/errors`;
  const table: readonly [Job | null, string, RegExp | null][] = [
    [null, 'inactive', /not loaded/],
    [running, 'active', null],
    [job('xpcproxy', 7), 'activating', null],
    [leaving, 'deactivating', null],
    [job('not running'), 'inactive', null],
    [crashed, 'activating', /signal \(Killed: 9\)/],
    [job('spawn scheduled', null, { kind: 'exit', code: 1 }), 'activating', /The port is taken/],
    [atRest, 'failed', /The port is taken/],
    [job('not running', null, { kind: 'exit', code: 78 }), 'failed', /could not start/],
    [job(null), 'unknown', null],
  ];

  for (const [seen, state, reason] of table) {
    const found = conditionOf(seen, errors);
    t.equal(found.state, state);
    if (reason === null) t.equal(found.reason, null, state);
    else t.match(found.reason, reason);
  }
  t.match(conditionOf(atRest, null), { state: 'inactive', reason: null }, 'stopped, with nothing said');
});
