/** Where the cases of real agents are played: the built daemon, the agent, its model on the loopback, a repository. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Approval, Run } from '../../src/contract/index.ts';
import { type AgentCli, programOf } from './agent-clis.ts';
import { agentEnvironmentFor, prepareAgentHome } from './agent-home.ts';
import { type ModelServer, startModelServer } from './model-server/index.ts';
import { createWorld, type World } from './real-daemon.ts';
import { until } from './until.ts';

/** Real agents on a machine with other work take their time. */
export const patienceMs = 60_000;
/** A daemon with an agent on its PATH, whose model is the loopback's, and a repository. */
export type Stage = {
  readonly agent: AgentCli;
  readonly world: World;
  readonly model: ModelServer;
  readonly repo: string;
  /** The daemon's environment: the agent is on its PATH. */
  readonly env: Readonly<Record<string, string>>;
};

/** Makes it; its teardown is the caller's. */
export async function createStage(agent: AgentCli, program: string): Promise<Stage> {
  const world = await createWorld();
  const model = await startModelServer();
  const bin = join(world.root, 'bin');
  mkdirSync(bin);
  symlinkSync(program, join(bin, programOf(agent)));
  prepareAgentHome(world.home, model.url);
  const env = { ...agentEnvironmentFor(world.home, model.url), PATH: `${bin}:${world.env.PATH}` };
  const repo = await world.repository(join(world.root, 'project'));
  const said = await world.run(['daemon', 'start'], { env });
  if (said.code !== 0) throw new Error(said.err);
  return { agent, world, model, repo, env };
}

/** Starts a run in the background. */
export async function start({ world, repo, agent }: Stage, prompt: string, ...more: string[]): Promise<Run> {
  const named = more.includes('--agent') ? [] : ['--agent', agent];
  return world.json<Run>(['run', '--bg', ...named, ...more, prompt], { cwd: repo });
}

/** Waits until it is in one of these states. */
export function reach({ world }: Stage, run: Run, ...states: Run['status'][]): Promise<Run> {
  return until(
    `${run.id} to be ${states.join(' or ')}`,
    async () => {
      const now = await world.show(run.id);
      return states.includes(now.status) ? now : null;
    },
    patienceMs,
  );
}

/** Waits for what it asks. */
export function pendingOf({ world }: Stage, run: Run): Promise<Approval> {
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

/** Answers the next thing that it asks. */
export async function answer(
  stage: Stage,
  run: Run,
  decision: 'allow' | 'deny',
  ...more: string[]
): Promise<void> {
  const { id } = await pendingOf(stage, run);
  const said = await stage.world.run(['approvals', decision, id, ...more]);
  if (said.code !== 0) throw new Error(said.err);
}

/** Everything by which a repository can make these agents run a command of its own. */
export function setTraps(repo: string, ran: string): void {
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

/** Which of them were sprung. */
export function trapsSprung(ran: string): string[] {
  return readdirSync(ran);
}
