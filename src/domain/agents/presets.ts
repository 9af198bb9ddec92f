import { fileURLToPath } from 'node:url';
import { type AgentConfig, AppError, type ApprovalMode, type Runtime } from '../../contract/index.ts';
import { type Preset, presets } from './preset-rows.ts';
import { takesCommand } from './supported.ts';

/** An agent that a run can name. */
export type Agent = {
  readonly name: string;
  /** `config` from `[agents.NAME]`, `found` on PATH, `built-in` with drover. */
  readonly source: 'config' | 'found' | 'built-in';
  readonly runtime: Runtime;
  /** Program and arguments; empty for the built-in `command` and `terminal`, whose runs bring their own. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly approvalMode: ApprovalMode;
  readonly maxTurns: number | null;
  /** A duration as the configuration spells it, or null for the daemon's. */
  readonly runTimeout: string | null;
  /** Of the program that was found, as far as its files tell it. */
  readonly version: string | null;
};

/** Agents that always exist and are never chosen by themselves. */
export const builtInNames = ['demo', 'command', 'terminal'] as const;

const installHint =
  'install one of claude, codex, opencode or gemini so that the daemon finds it on its PATH, or add [agents.NAME] to the configuration; --agent demo shows drover without a model';

export type ListAgentsOptions = {
  /** `[agents]` of the configuration, in its order. */
  readonly configured: Readonly<Record<string, AgentConfig>>;
  /** Where a program is, or null. */
  readonly which: (program: string) => string | null;
  /** The version of a program that was found, or null. */
  readonly versionOf?: (path: string) => string | null;
  /** Program and arguments of the demo agent. */
  readonly demoCommand: readonly string[];
};

/**
 * Every agent there is, in order of preference: the presets' names (configured ones win over found ones), the other
 * configured ones, the built-in ones.
 */
export function listAgents(options: ListAgentsOptions): Agent[] {
  const { configured, which, versionOf = () => null, demoCommand } = options;
  const agents = new Map<string, Agent>();
  for (const preset of presets) {
    if (agents.has(preset.name)) continue;
    const own = ownAgent(options, preset.name);
    const path = own === null ? which(preset.program) : null;
    if (own !== null) agents.set(preset.name, own);
    else if (path !== null) agents.set(preset.name, found(preset, path, versionOf(path)));
  }
  const builtIn = [
    agent({ name: 'demo', source: 'built-in', runtime: 'acp', command: demoCommand }),
    agent({ name: 'command', source: 'built-in', runtime: 'command', command: [] }),
    agent({ name: 'terminal', source: 'built-in', runtime: 'terminal', command: [] }),
  ];
  const isBuiltIn = (name: string) => (builtInNames as readonly string[]).includes(name);
  for (const name of Object.keys(configured)) {
    const own = ownAgent(options, name);
    if (own !== null && !agents.has(name) && !isBuiltIn(name)) agents.set(name, own);
  }
  for (const one of builtIn) agents.set(one.name, ownAgent(options, one.name) ?? one);
  return [...agents.values()];
}

/** The presets that are no agents here, because their program was not found. One row for each name. */
export function missingPresets(agents: readonly Agent[]): Preset[] {
  const isHere = (name: string) => agents.some((agent) => agent.name === name);
  return presets.filter(
    ({ name }, at) => !isHere(name) && presets.findIndex((other) => other.name === name) === at,
  );
}

/** The agent of a run: the one it names, else `defaultName`, else the first that is a model's. Throws `agent_unknown` or `no_agent`. */
export function chooseAgent(
  agents: readonly Agent[],
  wanted: { readonly name: string | null; readonly defaultName: string },
): Agent {
  const name = wanted.name ?? (wanted.defaultName === '' ? null : wanted.defaultName);
  if (name !== null) {
    const named = agents.find((one) => one.name === name);
    if (named !== undefined) return named;
    throw unknownAgent(agents, name);
  }
  const first = agents.find(isChosenByItself);
  if (first === undefined) {
    throw new AppError('no_agent', 'No agent was found on this machine', { hint: installHint });
  }
  return first;
}

/** The name of the agent that a run gets which names none; null where it would be refused. */
export function defaultAgent(agents: readonly Agent[], defaultName: string): string | null {
  const name = defaultName === '' ? agents.find(isChosenByItself)?.name : defaultName;
  return agents.find((one) => one.name === name)?.name ?? null;
}

function isChosenByItself({ name, runtime }: Agent): boolean {
  return !takesCommand(runtime) && name !== 'demo';
}

function unknownAgent(agents: readonly Agent[], name: string): AppError {
  const known = agents
    .map((one) => (one.version === null ? one.name : `${one.name} ${one.version}`))
    .join(', ');
  const preset = presets.find((one) => one.name === name);
  if (preset === undefined) {
    return new AppError('agent_unknown', `No agent is called '${name}'`, {
      hint: `this machine has ${known}`,
    });
  }
  const how = preset.install === null ? `install ${preset.program}` : `install it: ${preset.install}`;
  return new AppError(
    'agent_unknown',
    `The agent '${name}' is not installed: the daemon finds no ${preset.program} on its PATH`,
    {
      hint: `${how}; this machine has ${known}`,
    },
  );
}

/** The file of the demo agent: beside the bundle, or in the sources. */
export function demoAgentScript(moduleUrl: string = import.meta.url): string {
  const isSource = moduleUrl.endsWith('.ts');
  return fileURLToPath(new URL(isSource ? '../../demo/agent.ts' : './demo-agent.mjs', moduleUrl));
}

function ownAgent({ configured, which, versionOf }: ListAgentsOptions, name: string): Agent | null {
  if (!Object.hasOwn(configured, name)) return null;
  const own = configured[name];
  if (own === undefined) return null;
  const path = which(own.command[0] ?? '');
  return {
    name,
    source: 'config',
    runtime: own.runtime,
    command: own.command,
    env: own.env,
    approvalMode: own.approval_mode === 'yolo' ? 'unrestricted' : own.approval_mode,
    maxTurns: own.max_turns ?? null,
    runTimeout: own.run_timeout ?? null,
    version: path === null ? null : (versionOf?.(path) ?? null),
  };
}

function found({ name, runtime, args }: Preset, path: string, version: string | null): Agent {
  return { ...agent({ name, source: 'found', runtime, command: [path, ...args] }), version };
}

function agent(fields: Pick<Agent, 'name' | 'source' | 'runtime' | 'command'>): Agent {
  return { ...fields, env: {}, approvalMode: 'ask', maxTurns: null, runTimeout: null, version: null };
}
