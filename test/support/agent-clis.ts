/**
 * The real command lines of agents, for tests: exact versions from npm, installed once per machine into a folder of
 * their own, because each is hundreds of megabytes. A machine that cannot have them skips the tests that need them.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { presets } from '../../src/domain/agents/index.ts';

/** The versions that drover is tested against. */
export const agentPackages = {
  claude: { name: '@anthropic-ai/claude-code', version: '2.1.329' },
  codex: { name: '@openai/codex', version: '0.169.0' },
  gemini: { name: '@google/gemini-cli', version: '0.61.0' },
  opencode: { name: 'opencode-ai', version: '1.18.33' },
  'claude-acp': { name: '@agentclientprotocol/claude-agent-acp', version: '0.100.0' },
  'codex-acp': { name: '@agentclientprotocol/codex-acp', version: '2.6.0' },
  qwen: { name: '@qwen-code/qwen-code', version: '0.24.4' },
  copilot: { name: '@github/copilot', version: '1.0.102' },
} as const;

export type AgentCli = keyof typeof agentPackages;

/** Played by hand, once for each version: `node test/support/by-hand.ts NAME`. */
const byHand: readonly AgentCli[] = ['claude-acp', 'codex-acp', 'qwen', 'copilot'];

/** Those that the suite leaves out unless `DROVER_TEST_FULL=1` asks for all. */
const leftOutReasons: { readonly [agent in AgentCli]?: string } = {
  opencode: 'each start of OpenCode takes seconds of both processors; DROVER_TEST_FULL=1 runs its cases',
};

/** Why this agent's cases do not run now, or null: they run. */
export function whyLeftOut(agent: AgentCli): string | null {
  return process.env.DROVER_TEST_FULL === '1' ? null : (leftOutReasons[agent] ?? null);
}

/** A program that is there, or why it is not. */
export type Installed =
  | { readonly kind: 'installed'; readonly program: string; readonly folder: string }
  | { readonly kind: 'missing'; readonly reason: string };

/** What an installation may take. */
const installMs = 150_000;

/** Where they are kept: `DROVER_TEST_AGENTS`, else a folder of this user among the temporary files. */
function cacheFolder(): string {
  return process.env.DROVER_TEST_AGENTS ?? join(tmpdir(), `drover-test-agents-${userInfo().uid}`);
}

/** Installs those whose cases run; why some cannot be had, in a sentence each. */
export async function installAgentClis(): Promise<string[]> {
  const agents = Object.keys(agentPackages) as AgentCli[];
  const played = agents.filter((agent) => !byHand.includes(agent) && whyLeftOut(agent) === null);
  const results = await Promise.all(played.map(installAgentCli));
  return results.flatMap((result) => (result.kind === 'missing' ? [result.reason] : []));
}

/** Installs an agent's command line, unless it is there from an earlier time. */
export async function installAgentCli(agent: AgentCli): Promise<Installed> {
  const { name, version } = agentPackages[agent];
  const folder = join(cacheFolder(), `${agent}-${version}`);
  const found = programIn(folder, agent);
  if (found !== null) return { kind: 'installed', program: found, folder };
  const draft = `${folder}.${process.pid}`;
  try {
    mkdirSync(draft, { recursive: true, mode: 0o700 });
    writeFileSync(join(draft, 'package.json'), '{"private":true}\n');
    await npmInstall(draft, `${name}@${version}`);
    if (!existsSync(folder)) renameSync(draft, folder); // another process may have been quicker
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'missing', reason: `${name}@${version} could not be installed: ${why}` };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  const program = programIn(folder, agent);
  if (program !== null) return { kind: 'installed', program, folder };
  return { kind: 'missing', reason: `${name}@${version} has no program for this machine` };
}

/** The name of its program, by which drover finds it. */
export function programOf(agent: AgentCli): string {
  return presets.find(({ name }) => name === agent)?.program ?? agent;
}

/** Their scripts are not run, so a program that one of those would have put in its place is taken from its own package. */
function programIn(folder: string, agent: AgentCli): string | null {
  const platform = `${process.platform}-${process.arch}`;
  const inPackages: Readonly<Record<string, readonly string[]>> = {
    claude: [`@anthropic-ai/claude-code-${platform}/claude`],
    opencode: [`opencode-${platform}-baseline/bin/opencode`, `opencode-${platform}/bin/opencode`],
  };
  const places = inPackages[agent] ?? [`.bin/${programOf(agent)}`];
  return places.map((place) => join(folder, 'node_modules', place)).find((path) => existsSync(path)) ?? null;
}

/** Rejects with npm's reason. The settings of npm are those of the environment. */
function npmInstall(folder: string, wanted: string): Promise<void> {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1'];
  const args = ['install', '--save-exact', ...quiet, wanted];
  const child = spawn('npm', args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(why));
    let said = '';
    let isLate = false;
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
    const timer = setTimeout(() => {
      isLate = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, installMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else if (isLate) fail(`npm took longer than ${installMs / 1000} s`);
      else fail(reasonIn(said) ?? `npm ended with exit code ${code}`);
    });
  });
}

/** The first sentence of npm's error that is no code and no path of a log. */
function reasonIn(said: string): string | null {
  const lines = said.split('\n').map((line) => line.replace(/^npm error /, '').trim());
  return (
    lines.find((line) => line.includes(' ') && !/^(npm |code |errno |syscall |A complete log)/.test(line)) ??
    null
  );
}
