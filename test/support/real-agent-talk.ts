/** What every real agent must do with what is said to it at work, and with a limit of its provider. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../../src/contract/index.ts';
import type { AgentCli } from './agent-clis.ts';
import { startDaemon } from './daemon-life.ts';
import type { Turn } from './model-server/index.ts';
import type { Case } from './real-agent-cases.ts';
import { patienceMs, reach, type Stage, start } from './real-agent-stage.ts';
import { until } from './until.ts';

/** The cases by what holds. */
export const talkCases: Readonly<Record<string, Case>> = {
  'counts what the run itself used up, also in a session that goes on': async (t, stage) => {
    const { world } = stage;
    const tell = (name: string, ...more: string[]) =>
      start(stage, `Say ${name}`, '--name', name, ...more).then((run) =>
        reach(stage, run, 'succeeded', 'failed'),
      );

    const first = await tell('one');
    const second = await tell('two', '--session', first.id);

    for (const { usage, reason } of [first, second])
      t.match(usage, { input_tokens: 120, output_tokens: 7 }, reason ?? '');
    const hasCost = stage.agent === 'claude';
    t.equal(second.cost_usd, first.cost_usd);
    t.equal((second.cost_usd ?? 0) > 0, hasCost);
    const report = await world.run(['usage', '--by', 'session']);
    t.match(report.out, hasCost ? /240 +14 +\$0\.00\d\d +2 +two/ : /240 +14 +- +2 +two/);
  },

  'waits for the end of its provider’s limit, and goes on by itself': async (t, stage) => {
    const before = stage.model.turnsTaken().length;
    // Claude Code tells of the limits of an account only, not of those of a key.
    const signIn = 'env = { ANTHROPIC_API_KEY = "", CLAUDE_CODE_OAUTH_TOKEN = "sk-ant-oat01-none" }';
    const command = `runtime = "${stage.agent}"\ncommand = ["${stage.agent}"]`;
    stage.world.configure(`[agents.subscribed]\n${command}\n${stage.agent === 'claude' ? signIn : ''}\n`);
    t.equal((await stage.world.run(['daemon', 'reload'])).code, 0);
    stage.model.say(limitFor(stage.agent, 2), { kind: 'text', text: 'Back at work' });

    const run = await start(stage, 'Work on', '--agent', 'subscribed');
    const parked = await reach(stage, run, 'waiting', 'failed');
    const waited = await stage.world.run(['runs', 'wait', run.id]);
    const ended = await stage.world.show(run.id);

    t.match(parked, { status: 'waiting', waiting_on: 'rate_limit', reason: /^Goes on by itself at 20/ });
    t.equal(waited.code, 0, 'nobody is waited for');
    t.match(ended, { status: 'succeeded', result: 'Back at work' });
    t.equal(stage.model.turnsTaken().length - before, 2);
    t.match(stage.model.turnsTaken().at(-1)?.text, /Work on[\s\S]*Continue where you left off\./);
  },

  'reads what is said in mid-turn in that turn, and what comes at its end in one more': async (t, stage) => {
    const { world, model } = stage;
    const go = join(world.root, 'go');
    const isSent = Promise.withResolvers<void>();
    t.teardown(() => rmSync(go, { force: true }));
    model.say(
      { kind: 'shell', command: `while [ ! -e ${go} ]; do sleep 0.1; done` },
      { kind: 'text', text: 'a story in two pieces', pieces: 2, until: isSent.promise },
      { kind: 'text', text: 'As you say' },
    );

    const run = await start(stage, 'Tell a story', '--approval', 'unrestricted');
    await event(stage, run, 'tool.started');
    await send(stage, run, 'make it about a mango');
    writeFileSync(go, '');
    await event(stage, run, 'message.delta');
    t.match(model.turnsTaken().at(-1)?.text, /make it about a mango/, 'the turn at work has it');
    await send(stage, run, 'and now in one sentence');
    isSent.resolve();
    const ended = await reach(stage, run, 'succeeded', 'failed');

    t.equal(ended.status, 'succeeded', ended.reason ?? '');
    t.equal(ended.result, 'As you say');
    t.match(model.turnsTaken().at(-1)?.text, /and now in one sentence/);
    t.equal((await world.events(run.id)).filter(({ type }) => type === 'input.read').length, 2);
    t.match(await world.run(['runs', 'send', run.id, 'too late']), { code: 6, err: /has ended already/ });
  },

  'is told once what was sent right before the daemon was killed': async (t, stage) => {
    const { world, model } = stage;
    const go = join(world.root, 'go');
    t.teardown(() => rmSync(go, { force: true }));
    model.say(
      { kind: 'shell', command: `while [ ! -e ${go} ]; do sleep 0.1; done` },
      { kind: 'text', text: 'Done' },
    );

    const run = await start(stage, 'Wait for it', '--approval', 'unrestricted');
    await event(stage, run, 'tool.started');
    await send(stage, run, 'the word is mango');
    process.kill((await world.status()).pid, 'SIGKILL');
    const life = startDaemon(world, stage.env);
    t.teardown(() => life.kill());
    await life.ready;
    writeFileSync(go, '');
    const ended = await reach(stage, run, 'succeeded', 'failed', 'interrupted');

    t.equal(ended.status, 'succeeded', ended.reason ?? '');
    const last = model.turnsTaken().at(-1)?.text ?? '';
    t.equal(last.split('the word is mango').length - 1, 1, 'once in the conversation');
    await life.kill();
    t.equal((await world.run(['daemon', 'start'], { env: stage.env })).code, 0);
  },
};

/** What a provider says whose limit is lifted in so many seconds. */
function limitFor(agent: AgentCli, seconds: number): Turn {
  const resetsAt = Math.ceil(Date.now() / 1000) + seconds;
  if (agent === 'codex') {
    const details = { type: 'usage_limit_reached', plan_type: 'plus', resets_at: resetsAt };
    const headers = {
      'x-codex-primary-used-percent': '100',
      'x-codex-primary-window-minutes': '300',
      'x-codex-primary-reset-at': String(resetsAt),
    };
    return { kind: 'error', status: 429, message: 'Limit reached', headers, details };
  }
  const headers = {
    'anthropic-ratelimit-unified-status': 'rejected',
    'anthropic-ratelimit-unified-reset': String(resetsAt),
    'anthropic-ratelimit-unified-representative-claim': 'five_hour',
    'x-should-retry': 'false',
  };
  return { kind: 'error', status: 429, message: 'Limit reached', headers };
}

async function send({ world }: Stage, run: Run, text: string): Promise<void> {
  const said = await world.run(['runs', 'send', run.id, text]);
  if (said.code !== 0) throw new Error(said.err);
}

function event({ world }: Stage, run: Run, type: string): Promise<true> {
  return until(
    `an event ${type}`,
    async () => {
      const events = await world.events(run.id);
      if (events.some((one) => one.type === 'run.finished')) throw new Error(JSON.stringify(events.at(-1)));
      return events.some((one) => one.type === type) ? (true as const) : null;
    },
    patienceMs,
  );
}
