/** What every real agent must do under the built daemon, its model being the loopback's. */
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Approval, Run } from '../../src/contract/index.ts';
import { type AgentCli, installAgentCli, whyLeftOut } from './agent-clis.ts';
import { agentEnvironmentFor, prepareAgentHome } from './agent-home.ts';
import { startDaemon } from './daemon-life.ts';
import { type ModelServer, startModelServer } from './model-server/index.ts';
import { createWorld, processesOf, type World } from './real-daemon.ts';
import { until } from './until.ts';

/** Real agents on a machine with other work take their time. */
const patienceMs = 60_000;
/** All cases of one agent, and its installation where it is not there yet. */
const suiteMs = 400_000;

type Stage = {
  readonly agent: AgentCli;
  readonly traits: Traits;
  readonly world: World;
  readonly model: ModelServer;
  readonly repo: string;
  /** The daemon's environment: the agent is on its PATH. */
  readonly env: Readonly<Record<string, string>>;
};

/** Installs the agent and runs every case with it, or skips them all with the reason. */
export async function realAgentCases(agent: AgentCli): Promise<void> {
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
  for (const [name, play] of Object.entries(cases)) {
    const skip = stage.traits.cannot?.[name as keyof typeof cases] ?? false;
    await t.test(`${agent}: ${name}`, { skip }, async (t) => {
      stage.model.clear();
      await (play as Case)(t, stage);
    });
  }
}

async function createStage(agent: AgentCli, program: string): Promise<Stage> {
  const world = await createWorld();
  const model = await startModelServer();
  const bin = join(world.root, 'bin');
  mkdirSync(bin);
  symlinkSync(program, join(bin, agent));
  prepareAgentHome(world.home, model.url);
  const env = { ...agentEnvironmentFor(world.home, model.url), PATH: `${bin}:${world.env.PATH}` };
  const repo = await world.repository(join(world.root, 'project'));
  const said = await world.run(['daemon', 'start'], { env });
  if (said.code !== 0) throw new Error(said.err);
  return { agent, traits: traits[agent], world, model, repo, env };
}

type Case = (t: Test, stage: Stage) => Promise<void>;

const cases = {
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
    const { runtime, usage, endsWhenDenied } = stage.traits;
    t.equal(ended.result, endsWhenDenied === true ? null : 'Done as you like');
    t.match(ended, { runtime, usage, session_id: String });
    const types = (await world.events(run.id)).map(({ type }) => type);
    const said = endsWhenDenied === true ? [] : (['thought.delta', 'message.delta'] as const);
    for (const type of [...said, 'tool.started', 'approval.resolved', 'usage.updated'] as const) {
      t.ok(types.includes(type), type);
    }
    t.match((await world.run(['runs', 'diff', run.id])).out, /\+hello/);
  },

  'goes on in its session, and remembers it': async (t, stage) => {
    stage.model.say({ kind: 'text', text: 'Noted' }, { kind: 'text', text: 'You said mango' });

    const where = stage.traits.sessionsStay === true ? ['--in-place'] : [];

    const remember = await start(stage, 'Remember the word mango', ...where);
    const first = await reach(stage, remember, 'succeeded', 'failed');
    stage.traits.ageSessions?.(stage.world.home);
    const session = ['--session', first.session_id ?? ''];
    const again = await start(stage, 'Which word was it?', ...where, ...session);
    const second = await reach(stage, again, 'succeeded', 'failed');

    t.equal(second.status, 'succeeded', second.reason ?? '');
    t.equal(second.session_id, first.session_id);
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
    const lost = stage.traits.lostSession ?? '01999999-aaaa-4bbb-8ccc-123456789abc';
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
    t.equal(stage.model.turnsTaken().length - before, 2, 'the prompt was said once');
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
    const { world, traits } = stage;
    world.configure(
      `[agents.broken]\nruntime = "${traits.runtime}"\ncommand = ["sh", "-c", "echo no room on the device >&2; exit 3"]\n`,
    );
    t.equal((await world.run(['daemon', 'reload'])).code, 0);

    const ended = await reach(stage, await start(stage, 'Hello', '--agent', 'broken'), 'failed', 'succeeded');

    t.match(ended.error, {
      code: 'agent_exited',
      message: /exit code 3 before it was ready: no room on the device/,
    });
  },
} satisfies Readonly<Record<string, Case>>;

/** In what agents differ that do the same things. */
type Traits = {
  readonly runtime: Run['runtime'];
  /** What the first case costs, as the agent tells it. */
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
  /** Its turn is over when something is denied. */
  readonly endsWhenDenied?: boolean;
  /** It finds a session again only in the folder where that began. */
  readonly sessionsStay?: boolean;
  /** Makes sessions older. */
  readonly ageSessions?: (home: string) => void;
  /** A session that it does not know, where its ids are of a form of its own. */
  readonly lostSession?: string;
  /** Cases that it cannot pass, and why. */
  readonly cannot?: { readonly [name in keyof typeof cases]?: string };
};

const threeAnswers = { input_tokens: 360, output_tokens: 21 };
const traits: Readonly<Record<AgentCli, Traits>> = {
  claude: { runtime: 'claude', usage: threeAnswers },
  codex: { runtime: 'codex', usage: threeAnswers },
  gemini: { runtime: 'acp', usage: threeAnswers, sessionsStay: true, ageSessions: ageGeminiSessions },
  opencode: {
    runtime: 'acp',
    usage: { input_tokens: 120, output_tokens: 7 }, // of its last answer alone
    endsWhenDenied: true,
    lostSession: 'ses_01999999aaaa4bbb8ccc123456',
    cannot: {
      'says that its provider refuses for now': 'OpenCode tries again until it is let in, and tells nobody',
    },
  },
};

/** Gemini CLI begins a session anew that is loaded in the minute by which its file is named: so that becomes an earlier one. */
function ageGeminiSessions(home: string): void {
  for (const path of globSync(join(home, '.gemini/tmp/*/chats/session-*'))) {
    renameSync(path, path.replace(/session-\d{4}/, 'session-2025'));
  }
}

async function start({ world, repo, agent }: Stage, prompt: string, ...more: string[]): Promise<Run> {
  const named = more.includes('--agent') ? [] : ['--agent', agent];
  return world.json<Run>(['run', '--bg', ...named, ...more, prompt], { cwd: repo });
}

function reach({ world }: Stage, run: Run, ...states: Run['status'][]): Promise<Run> {
  return until(
    `${run.id} to be ${states.join(' or ')}`,
    async () => {
      const now = await world.show(run.id);
      return states.includes(now.status) ? now : null;
    },
    patienceMs,
  );
}

function pendingOf({ world }: Stage, run: Run): Promise<Approval> {
  return until(
    'an approval',
    async () => {
      const { items } = await world.json<{ items: Approval[] }>(['approvals', 'list']);
      const now = await world.show(run.id);
      if (now.ended_at !== null) throw new Error(`${now.status}: ${now.reason}`);
      return items.find((item) => item.run_id === run.id && item.status === 'pending');
    },
    patienceMs,
  );
}

async function answer(stage: Stage, run: Run, decision: 'allow' | 'deny', ...more: string[]): Promise<void> {
  const { id } = await pendingOf(stage, run);
  const said = await stage.world.run(['approvals', decision, id, ...more]);
  if (said.code !== 0) throw new Error(said.err);
}

/** Everything by which a repository can make these agents run a command of its own. */
function setTraps(repo: string, ran: string): void {
  const touch = (name: string) => `touch ${join(ran, name)}`;
  const hook = (name: string) => [{ hooks: [{ type: 'command', command: touch(name) }] }];
  const write = (path: string, text: string) => {
    mkdirSync(join(repo, path, '..'), { recursive: true });
    writeFileSync(join(repo, path), text);
  };
  write(
    '.claude/settings.json',
    JSON.stringify({ hooks: { SessionStart: hook('session-hook'), UserPromptSubmit: hook('prompt-hook') } }),
  );
  write(
    '.mcp.json',
    JSON.stringify({ mcpServers: { trap: { command: 'touch', args: [join(ran, 'mcp')] } } }),
  );
  write(
    'opencode.json',
    JSON.stringify({ mcp: { trap: { type: 'local', command: ['touch', join(ran, 'opencode-mcp')] } } }),
  );
  write(
    '.gemini/settings.json',
    JSON.stringify({
      hooks: { SessionStart: hook('gemini-hook') },
      mcpServers: { trap: { command: 'touch', args: [join(ran, 'gemini-mcp')] } },
    }),
  );
  write(
    '.codex/config.toml',
    `[mcp_servers.trap]\ncommand = "touch"\nargs = ["${join(ran, 'codex-mcp')}"]\n`,
  );
}

function trapsSprung(ran: string): string[] {
  return readdirSync(ran);
}
