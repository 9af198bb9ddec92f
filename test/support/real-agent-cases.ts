/** What every real agent must do under the built daemon, its model being the loopback's. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type AgentCli, installAgentCli, whyLeftOut } from './agent-clis.ts';
import { startDaemon } from './daemon-life.ts';
import {
  answer,
  createStage,
  patienceMs,
  pendingOf,
  reach,
  type Stage,
  setTraps,
  start,
  trapsSprung,
} from './real-agent-stage.ts';
import { traitsOf } from './real-agent-traits.ts';
import { processesOf } from './real-daemon.ts';
import { until } from './until.ts';

/** All cases of one agent, and its installation where it is not there yet. */
const suiteMs = 400_000;

/** A case, in a stage whose model has nothing left to say. */
export type Case = (t: Test, stage: Stage) => Promise<void>;

/** Installs the agent and runs every case with it, and `more` of its own, or skips them all with the reason. */
export async function realAgentCases(
  agent: AgentCli,
  more: Readonly<Record<string, Case>> = {},
): Promise<void> {
  t.setTimeout(suiteMs);
  const leftOut = whyLeftOut(agent);
  const cli =
    leftOut === null ? await installAgentCli(agent) : ({ kind: 'missing', reason: leftOut } as const);
  if (cli.kind === 'missing') {
    void t.test(`${agent} under the daemon`, { skip: cli.reason }, async () => {});
    return;
  }
  const stage = await createStage(agent, cli.program);
  t.teardown(async () => {
    await stage.world.close();
    await stage.model.close();
  });
  t.jobs = 1;
  const { cannot = {} } = traitsOf[agent];
  for (const name of Object.keys(cannot))
    if (!Object.hasOwn(cases, name)) throw new Error(`No case: ${name}`);
  for (const [name, play] of Object.entries({ ...cases, ...more })) {
    await t.test(`${agent}: ${name}`, { skip: cannot[name] ?? false }, async (t) => {
      stage.model.clear();
      await play(t, stage);
    });
  }
}

const cases: Readonly<Record<string, Case>> = {
  'edits a file once a person allows it, and not what a person denies': async (t, stage) => {
    const { world } = stage;
    stage.model.say(
      { kind: 'write', path: 'allowed.txt', content: 'hello' },
      { kind: 'shell', command: 'touch denied.txt' },
      { kind: 'text', text: 'Done as you like', thought: 'Hm', pieces: 3 },
    );

    const run = await start(stage, 'Write two files');
    await answer(stage, run, 'allow');
    await answer(stage, run, 'deny', '--reason', 'not that one');
    const ended = await reach(stage, run, 'succeeded', 'failed');

    t.equal(ended.status, 'succeeded', ended.reason ?? '');
    t.equal(readFileSync(join(ended.worktree ?? '', 'allowed.txt'), 'utf8'), 'hello');
    t.notOk(existsSync(join(ended.worktree ?? '', 'denied.txt')));
    const { runtime, usage, endsWhenDenied } = traitsOf[stage.agent];
    t.equal(ended.result, endsWhenDenied === true ? null : 'Done as you like');
    t.match(ended, { runtime, usage, session_id: String });
    const types = (await world.events(run.id)).map(({ type }) => type);
    const said = endsWhenDenied === true ? [] : (['thought.delta', 'message.delta'] as const);
    const counted = usage === null ? [] : (['usage.updated'] as const);
    for (const type of [...said, ...counted, 'tool.started', 'approval.resolved'] as const) {
      t.ok(types.includes(type), type);
    }
    t.match((await world.run(['runs', 'diff', run.id])).out, /\+hello/);
  },

  'goes on in its session, and remembers it': async (t, stage) => {
    stage.model.say({ kind: 'text', text: 'Noted' }, { kind: 'text', text: 'You said mango' });

    const where = traitsOf[stage.agent].sessionsStay === true ? ['--in-place'] : [];

    const remember = await start(stage, 'Remember the word mango', ...where);
    const first = await reach(stage, remember, 'succeeded', 'failed');
    traitsOf[stage.agent].ageSessions?.(stage.world.home);
    const session = ['--session', first.session_id ?? ''];
    const again = await start(stage, 'Which word was it?', ...where, ...session);
    const second = await reach(stage, again, 'succeeded', 'failed');

    t.equal(second.status, 'succeeded', second.reason ?? '');
    t.equal(second.session_id, first.session_id);
    t.equal(second.result, 'You said mango', 'nothing of the first turn is told again');
    t.match(
      stage.model.turnsTaken().at(-1)?.text,
      /Remember the word mango/,
      'the model sees the first prompt',
    );
  },

  'asks nobody in the mode unrestricted, and puts on record who allowed it': async (t, stage) => {
    stage.model.say({ kind: 'write', path: 'auto.txt', content: 'auto' }, { kind: 'text', text: 'Done' });

    const run = await start(stage, 'Write one file', '--approval', 'unrestricted');
    const ended = await reach(stage, run, 'succeeded', 'failed');

    t.equal(ended.status, 'succeeded', ended.reason ?? '');
    t.equal(readFileSync(join(ended.worktree ?? '', 'auto.txt'), 'utf8'), 'auto');
    const resolved = (await stage.world.events(run.id)).filter(({ type }) => type === 'approval.resolved');
    for (const { data } of resolved) t.match(data, { status: 'allowed', resolved_by: 'policy' });
  },

  'stops at its limit of turns': async (t, stage) => {
    stage.model.say(
      { kind: 'shell', command: 'ls' },
      { kind: 'shell', command: 'ls' },
      { kind: 'shell', command: 'ls' },
    );

    const ended = await reach(
      stage,
      await start(stage, 'List', '--max-turns', '2', '--approval', 'unrestricted'),
      'succeeded',
      'failed',
    );

    t.match(ended, { status: 'failed', error: { code: 'max_turns' } });
    stage.model.clear();
  },

  'says that its provider refuses for now': async (t, stage) => {
    const headers = { 'x-should-retry': 'false' };
    stage.model.say({ kind: 'error', status: 429, message: 'Slow down', headers });

    const ended = await reach(stage, await start(stage, 'Hello'), 'succeeded', 'failed');

    t.match(ended, { status: 'failed', error: { code: 'rate_limited', message: /429/ } });
  },

  'says that it does not know a session': async (t, stage) => {
    const lost = traitsOf[stage.agent].lostSession ?? '01999999-aaaa-4bbb-8ccc-123456789abc';
    const ended = await reach(stage, await start(stage, 'Go on', '--session', lost), 'succeeded', 'failed');

    t.match(ended, { status: 'failed', error: { code: 'session_lost', message: new RegExp(lost) } });
  },

  'is interrupted by a cancel, and leaves no process': async (t, stage) => {
    const { world } = stage;
    stage.model.say({ kind: 'hang', text: 'Let me think' });

    const run = await start(stage, 'Think for ever');
    await until(
      'it to say something',
      async () => {
        const events = await world.events(run.id);
        return events.some(({ type }) => type === 'message.delta');
      },
      patienceMs,
    );
    const said = await world.run(['runs', 'cancel', run.id]);
    const ended = await reach(stage, run, 'canceled', 'failed', 'succeeded');

    t.equal(said.code, 0, said.err);
    t.equal(ended.status, 'canceled');
    t.strictSame(processesOf(run.id), []);
  },

  'is answered after the daemon was killed, and finishes': async (t, stage) => {
    const { world } = stage;
    const before = stage.model.turnsTaken().length;
    stage.model.say(
      { kind: 'write', path: 'late.txt', content: 'late' },
      { kind: 'text', text: 'Late but done' },
    );

    const run = await start(stage, 'Write one file');
    await pendingOf(stage, run);
    process.kill((await world.status()).pid, 'SIGKILL');
    const life = startDaemon(world, stage.env);
    t.teardown(() => life.kill());
    await life.ready;
    await answer(stage, run, 'allow');
    const ended = await reach(stage, run, 'succeeded', 'failed', 'interrupted');

    t.equal(ended.status, 'succeeded', ended.reason ?? '');
    t.equal(readFileSync(join(ended.worktree ?? '', 'late.txt'), 'utf8'), 'late');
    const turns = stage.model.turnsTaken().length - before;
    if (traitsOf[stage.agent].asksBesides === true) t.ok(turns >= 2);
    else t.equal(turns, 2, 'the prompt was said once');
    const approvals = (await world.events(run.id)).filter(({ type }) => type === 'approval.requested');
    t.equal(approvals.length, 1);
    await life.kill();
    t.equal((await world.run(['daemon', 'start'], { env: stage.env })).code, 0);
  },

  'runs nothing of a repository before it is trusted': async (t, stage) => {
    const { world } = stage;
    const trap = await world.repository(join(world.root, 'trap'));
    const ran = join(world.root, 'ran');
    mkdirSync(ran);
    setTraps(trap, ran);
    await world.git(trap, 'add', '.');
    await world.git(trap, 'commit', '--quiet', '--message=Traps');
    const visit = async () => {
      stage.model.say({ kind: 'text', text: 'Looked around' });
      const run = await start({ ...stage, repo: trap }, 'Look around');
      return reach(stage, run, 'succeeded', 'failed');
    };

    t.equal((await visit()).status, 'succeeded');
    t.strictSame(trapsSprung(ran), []);
    const trusted = await world.run(['daemon', 'trust', trap]);
    t.equal(trusted.code, 0, trusted.err);
    t.equal((await visit()).status, 'succeeded');
    t.not(trapsSprung(ran).length, 0, 'the trap works where the repository is trusted');
    const config = readFileSync(join(world.home, '.codex/config.toml'), 'utf8');
    t.notMatch(config, 'projects', 'no folder is trusted for good in the person’s own configuration');
  },

  'tells its last words when it cannot start': async (t, stage) => {
    const { world, agent } = stage;
    world.configure(
      `[agents.broken]\nruntime = "${traitsOf[agent].runtime}"\ncommand = ["sh", "-c", "echo no room on the device >&2; exit 3"]\n`,
    );
    t.equal((await world.run(['daemon', 'reload'])).code, 0);

    const ended = await reach(stage, await start(stage, 'Hello', '--agent', 'broken'), 'failed', 'succeeded');

    t.match(ended.error, {
      code: 'agent_exited',
      message: /exit code 3 before it was ready: no room on the device/,
    });
  },
};
