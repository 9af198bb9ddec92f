import { isAbsolute } from 'node:path';
import type { Clock } from '../base/index.ts';
import { AppError, type Config, isAppError, type ListedAgent } from '../contract/index.ts';
import {
  type Agent,
  chooseAgent,
  demoAgentScript,
  findProgram,
  listAgents,
  programVersion,
} from '../domain/agents/index.ts';
import { listedAgents } from './listed-agents.ts';

/** How long what was found on PATH is believed. */
const believedMs = 5000;

/** The agents of this machine: what the configuration names, what is on PATH, what is built in. */
export type AgentCatalogue = {
  /** The agent of this name, or the default one. Throws `agent_unknown` or `no_agent`. */
  readonly choose: (name: string | undefined) => Agent;
  /** Why `choose` refuses this name; null where it does not. */
  readonly troubleOf: (name: string) => string | null;
  readonly list: (options: { readonly isAll: boolean }) => ListedAgent[];
};

/** Looks at PATH at most every few seconds, so that a new agent is found without a restart. */
export function createAgentCatalogue(options: {
  readonly clock: Clock;
  readonly config: () => Config;
  readonly path: string;
}): AgentCatalogue {
  let found: { readonly agents: readonly Agent[]; readonly config: Config; readonly until: number } | null =
    null;
  const agents = () => {
    const config = options.config();
    const now = options.clock.monotonic();
    if (found === null || found.config !== config || found.until < now) {
      const demoCommand = [process.execPath, demoAgentScript()];
      const which = (program: string) => findProgram(program, options.path);
      found = {
        agents: listAgents({ configured: config.agents, which, versionOf: programVersion, demoCommand }),
        config,
        until: now + believedMs,
      };
    }
    return found.agents;
  };
  const choose: AgentCatalogue['choose'] = (name) => {
    const agent = chooseAgent(agents(), {
      name: name ?? null,
      defaultName: options.config().default_agent,
    });
    assertInstalled(agent, options.path);
    return agent;
  };
  return {
    choose,
    troubleOf: (name) => {
      try {
        choose(name);
        return null;
      } catch (error) {
        if (isAppError(error)) return error.message;
        throw error;
      }
    },
    list: ({ isAll }) => listedAgents(agents(), { defaultName: options.config().default_agent, isAll }),
  };
}

/** Throws `agent_unknown` for a program of the configuration that is nowhere. One with a relative path is the run's to find. */
function assertInstalled({ name, source, command, env }: Agent, path: string): void {
  const [program = ''] = command;
  if (source !== 'config' || (program.includes('/') && !isAbsolute(program))) return;
  if (findProgram(program, env.PATH ?? path) !== null) return;
  const where = isAbsolute(program) ? '' : ' on its PATH';
  throw new AppError(
    'agent_unknown',
    `The agent '${name}' is not installed: there is no program ${program}${where}`,
    {
      hint: `install it, or mend command of [agents.${name}]`,
    },
  );
}
