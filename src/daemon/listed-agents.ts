import { type ListedAgent, version } from '../contract/index.ts';
import { type Agent, defaultAgent, missingPresets, type Preset, testedWith } from '../domain/agents/index.ts';

export type ListOptions = {
  /** `default_agent` of the configuration. */
  readonly defaultName: string;
  /** Also the presets that are not installed, last. */
  readonly isAll: boolean;
};

/** The agents of this machine as the control plane shows them, in order of preference. */
export function listedAgents(agents: readonly Agent[], { defaultName, isAll }: ListOptions): ListedAgent[] {
  const chosen = defaultAgent(agents, defaultName);
  const here = agents.map((agent) => viewAgent(agent, agent.name === chosen));
  return isAll ? [...here, ...missingPresets(agents).map(viewMissing)] : here;
}

/** What is built in is of drover's own version, and tested in every build of it. */
function viewAgent(agent: Agent, is_default: boolean): ListedAgent {
  const { name, runtime, source, command } = agent;
  const own = source === 'built-in' ? version : null;
  return {
    name,
    runtime,
    source,
    command: [...command],
    version: own ?? agent.version,
    tested_with: own ?? testedWith(runtime, command),
    is_default,
    install: null,
  };
}

function viewMissing({ name, runtime, program, args, install }: Preset): ListedAgent {
  const command = [program, ...args];
  return {
    name,
    runtime,
    source: 'not-installed',
    command,
    version: null,
    tested_with: testedWith(runtime, command),
    is_default: false,
    install,
  };
}
