import {
  AppError,
  isIdPrefix,
  newId,
  parseDurationMs,
  type RunId,
  type StartRun,
} from '../../contract/index.ts';
import type { RunRow } from '../../foundation/store/index.ts';
import { type Agent, assertSupported } from '../agents/index.ts';

/** What a new run is made of, besides the request. */
export type NewRunContext = {
  /** The agent of this name; the default one for undefined. Throws `agent_unknown` or `no_agent`. */
  readonly chooseAgent: (name: string | undefined) => Promise<Agent>;
  /**
   * The repository of this id, name or path, and the commit that a worktree of it starts from: null in place. Throws
   * `repo_not_found`, `base_not_found` or `repo_unusable`.
   */
  readonly chooseRepo: (
    ref: string,
    where: { readonly base: string | undefined; readonly inPlace: boolean },
  ) => Promise<{ readonly id: string; readonly project: string; readonly base: string | null }>;
  readonly defaultTimeout: string;
  readonly now: number;
};

/** The agent that runs any command: `drover run --agent command -- CMD ARG…`. */
export const commandAgentName = 'command';

/** Checks a request and makes the row of a queued run from it. */
export async function newRun(
  request: StartRun,
  context: NewRunContext,
): Promise<Partial<Omit<RunRow, 'key'>> & { readonly id: RunId }> {
  if (request.name !== undefined && isIdPrefix('run', request.name)) {
    throw new AppError('invalid_request', `The name '${request.name}' looks like the id of a run`, {
      hint: 'choose a name that does not begin with run_',
    });
  }
  const agent = await context.chooseAgent(agentName(request));
  const argv = argvOf(request, agent);
  if (argv.some((word) => word.includes('\0'))) {
    throw new AppError('invalid_request', 'An argument of the command holds a NUL byte', {
      hint: 'no program can be given one; remove it',
    });
  }
  const maxTurns = request.max_turns ?? agent.maxTurns;
  assertSupported(agent.runtime, {
    model: request.model ?? null,
    maxTurns,
    sessionId: request.session_id ?? null,
  });
  const repo =
    request.repo === undefined
      ? null
      : await context.chooseRepo(request.repo, { base: request.base, inPlace: request.worktree === false });
  if (request.worktree === false && request.base !== undefined) {
    throw new AppError('invalid_request', 'A base needs a worktree', { hint: 'leave out base, or in-place' });
  }
  if (repo === null && (request.base !== undefined || request.worktree === true)) {
    throw new AppError('invalid_request', 'A base or a worktree needs a repository', {
      hint: 'name one with repo',
    });
  }
  return {
    id: newId('run', context.now),
    status: 'queued',
    reason: null,
    agent: agent.name,
    runtime: agent.runtime,
    argv,
    agentEnv: agent.env,
    model: request.model ?? null,
    approvalMode: request.approval_mode ?? agent.approvalMode,
    maxTurns,
    timeoutMs: parseDurationMs(request.timeout ?? agent.runTimeout ?? context.defaultTimeout),
    label: request.run_label ?? null,
    name: request.name ?? null,
    prompt: request.prompt ?? argv.join(' '),
    command: agent.runtime === 'command' ? argv : null,
    repoId: repo?.id ?? null,
    project: repo?.project ?? null,
    inPlace: repo !== null && request.worktree === false,
    base: repo?.base ?? null,
    sessionId: request.session_id ?? null,
    createdAt: context.now,
  };
}

function agentName(request: StartRun): string | undefined {
  if (request.agent !== undefined && request.profile !== undefined && request.agent !== request.profile) {
    throw new AppError(
      'invalid_request',
      `agent is '${request.agent}' but profile, its alias, is '${request.profile}'`,
      { hint: 'give one of them' },
    );
  }
  return request.agent ?? request.profile ?? (request.command === undefined ? undefined : commandAgentName);
}

function argvOf(request: StartRun, agent: Agent): readonly string[] {
  if (agent.runtime !== 'command') {
    if (request.command !== undefined) {
      throw new AppError('invalid_request', `The agent '${agent.name}' takes a prompt, not a command`, {
        hint: `use the agent '${commandAgentName}' to run a command`,
      });
    }
    if (request.prompt === undefined || request.prompt.trim() === '') throw promptMissing();
    return agent.command;
  }
  if (request.command !== undefined) return [...agent.command, ...request.command];
  if (agent.command.length === 0) {
    throw new AppError('invalid_request', `The agent '${agent.name}' needs a command`, {
      hint: 'drover run --agent command -- CMD ARG…',
    });
  }
  if (request.prompt === undefined) throw promptMissing();
  return [...agent.command, request.prompt];
}

function promptMissing(): AppError {
  return new AppError('invalid_request', 'The prompt is missing or empty', {
    hint: 'say what the agent is to do',
    fields: { errors: [{ path: 'prompt', message: 'required' }] },
  });
}
