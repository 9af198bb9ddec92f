/** What `codex exec` must do under the built daemon, where nobody is asked. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../../src/contract/index.ts';
import { startDaemon } from './daemon-life.ts';
import type { Case } from './real-agent-cases.ts';
import { patienceMs, reach, setTraps, start, trapsSprung } from './real-agent-stage.ts';
import { processesOf } from './real-daemon.ts';
import { until } from './until.ts';

const exec = ['--agent', 'codex-exec'];
const auto = [...exec, '--approval', 'auto'];
/** More than one argument of a program may have (128 KiB on Linux), and like an option. */
const hugePrompt = `--prompt ${'word '.repeat(60_000)}the last word is mango`;

export const unattendedCases: Readonly<Record<string, Case>> = {
  'exec: edits unasked inside its sandbox, and cannot outside, from a prompt that is no argument': async (
    t,
    stage,
  ) => {
    const outside = `/var/tmp/drover-outside-${process.pid}`; // its sandbox lets it write in /tmp
    t.teardown(() => rmSync(outside, { force: true }));
    stage.model.say(
      { kind: 'write', path: 'a.txt', content: 'hello' },
      { kind: 'shell', command: `touch ${outside}` },
      { kind: 'text', text: 'Did what I could', thought: 'Hm' },
    );

    const body = { prompt: hugePrompt, agent: 'codex-exec', approval_mode: 'auto', repo: stage.repo };
    const { json } = await stage.world.http('POST', '/v1/runs', { body });
    const ended = await reach(stage, json as Run, 'succeeded', 'failed');

    t.equal(ended.status, 'succeeded', ended.reason ?? '');
    t.match(ended, { runtime: 'codex', result: 'Did what I could', session_id: String });
    t.match(ended.usage, { input_tokens: 360, output_tokens: 21 });
    t.equal(readFileSync(join(ended.worktree ?? '', 'a.txt'), 'utf8'), 'hello');
    t.notOk(existsSync(outside), 'the sandbox holds');
    t.match(stage.model.turnsTaken().at(-1)?.text, /--prompt word [\s\S]*the last word is mango/);
    const types = new Set((await stage.world.events(ended.id)).map(({ type }) => type));
    for (const type of ['tool.started', 'tool.finished', 'thought.delta', 'message.completed'] as const) {
      t.ok(types.has(type), type);
    }
    t.notOk(types.has('approval.requested'));
  },

  'exec: asks nobody, and so refuses the mode that would': async (t, { world, repo }) => {
    const said = await world.run(['run', '--bg', ...exec, 'Hello'], { cwd: repo });

    t.equal(said.code, 2);
    t.match(said.err, /codex exec asks nobody/);
    t.match(said.err, /--approval auto/);
  },

  'exec: goes on in its session, and says that it does not know another': async (t, stage) => {
    stage.model.say({ kind: 'text', text: 'Noted' }, { kind: 'text', text: 'You said mango' });
    const run = async (prompt: string, ...more: string[]) =>
      reach(stage, await start(stage, prompt, ...auto, ...more), 'succeeded', 'failed');

    const first = await run('Remember the word mango');
    const second = await run('Which word was it?', '--session', first.session_id ?? '');
    const lost = await run('Go on', '--session', '01999999-aaaa-4bbb-8ccc-123456789abc');

    t.match(second, { status: 'succeeded', session_id: first.session_id, result: 'You said mango' });
    t.match(stage.model.turnsTaken().at(-1)?.text, /Remember the word mango/);
    t.match(lost, { status: 'failed', error: { code: 'session_lost', message: /01999999/ } });
  },

  'exec: works on while the daemon is dead, is interrupted by a cancel, and leaves no process': async (
    t,
    stage,
  ) => {
    const { world } = stage;
    const gate = join(world.root, 'gate');
    stage.model.say(
      { kind: 'shell', command: `until [ -e ${gate} ]; do sleep 0.05; done` },
      { kind: 'text', text: 'Done meanwhile' },
      { kind: 'hang', text: 'Let me think' },
    );

    const run = await start(stage, 'Wait for me', ...exec, '--approval', 'unrestricted');
    const began = async () => (await world.events(run.id)).some(({ type }) => type === 'tool.started');
    await until('its command to run', began, patienceMs);
    process.kill((await world.status()).pid, 'SIGKILL');
    mkdirSync(gate);
    const life = startDaemon(world, stage.env);
    t.teardown(() => life.kill());
    await life.ready;
    t.match(await reach(stage, run, 'succeeded', 'failed', 'interrupted'), {
      status: 'succeeded',
      result: 'Done meanwhile',
    });

    const endless = await start(stage, 'Think for ever', ...auto);
    await reach(stage, endless, 'running');
    t.equal((await world.run(['runs', 'cancel', endless.id])).code, 0);
    t.equal((await reach(stage, endless, 'canceled', 'failed', 'succeeded')).status, 'canceled');
    t.strictSame(processesOf(endless.id), []);
    await life.kill();
    t.equal((await world.run(['daemon', 'start'], { env: stage.env })).code, 0);
  },

  'exec: runs nothing of a repository before it is trusted': async (t, stage) => {
    const { world } = stage;
    const ran = join(world.root, 'exec-ran');
    mkdirSync(ran);
    const trap = await world.repository(join(world.root, 'exec-trap'));
    setTraps(trap, ran);
    await world.git(trap, 'add', '.');
    await world.git(trap, 'commit', '--quiet', '--message=Traps');
    const visit = async () =>
      reach(stage, await start({ ...stage, repo: trap }, 'Look', ...auto), 'succeeded');

    await visit();
    t.strictSame(trapsSprung(ran), []);
    t.equal((await world.run(['daemon', 'trust', trap])).code, 0);
    await visit();
    t.strictSame(trapsSprung(ran), ['codex-mcp']);
  },
};
