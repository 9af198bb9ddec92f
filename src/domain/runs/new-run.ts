import {
  AppError,
  isIdPrefix,
  newId,
  parseDurationMs,
  type RunId,
  type StartRun,
} from '../../contract/index.ts';
import type { RunRow } from '../../foundation/store/index.ts';
import { type Agent, assertSupported, takesCommand } from '../agents/index.ts';
import type { NewRunContext } from './new-run-context.ts';
import type { Place, Session } from './session.ts';
import { placeInSession } from './session-request.ts';

/** The agent of a command that names none: `drover run -- CMD ARG…`. */
export const commandAgentName = 'command';

/** What Linux takes as one argument: 32 pages, with the zero at its end. */
const maxArgumentBytes = 131_071;

/** The row of a run that is to be queued. */
export type NewRun = Partial<Omit<RunRow, 'key'>> & { readonly id: RunId };

/** Checks a request and makes the row of a queued run from it: in the place of `session`, where it goes on with one. */
export async function newRun(
  request: StartRun,
  context: NewRunContext,
  session: Session | null,
): Promise<NewRun> {
  if (request.name !== undefined && isIdPrefix('run', request.name)) {
    throw new AppError('invalid_request', `The name '${request.name}' looks like the id of a run`, {
      hint: 'choose a name that does not begin with run_',
    });
  }
  const agent = await context.chooseAgent(agentName(request) ?? session?.agent);
  const place =
    session === null
      ? await placeOfItsOwn(request, context)
      : await placeInSession(request, { session, agent, context });
  const argv = argvOf(request, agent);
  assertCanBeGiven(argv);
  const maxTurns = request.max_turns ?? agent.maxTurns;
  const approvalMode = request.approval_mode ?? agent.approvalMode;
  assertSupported(agent, {
    approvalMode,
    model: request.model ?? null,
    maxTurns,
    maxCostUsd: request.max_cost_usd ?? null,
    maxTokens: request.max_tokens ?? null,
    sessionId: request.session_id ?? null,
  });
  return {
    id: newId('run', context.now),
    status: 'queued',
    reason: null,
    agent: agent.name,
    runtime: agent.runtime,
    argv,
    agentEnv: agent.env,
    model: request.model ?? null,
    approvalMode,
    maxTurns,
    maxCostUsd: request.max_cost_usd ?? null,
    maxTokens: request.max_tokens ?? null,
    timeoutMs: parseDurationMs(request.timeout ?? agent.runTimeout ?? context.defaultTimeout),
    label: request.run_label ?? null,
    name: request.name ?? null,
    prompt: request.prompt ?? argv.join(' '),
    command: takesCommand(agent.runtime) ? argv : null,
    ...place,
    sessionId: session === null ? (request.session_id ?? null) : session.id,
    createdAt: context.now,
  };
}

/** Throws `invalid_request` for an argument that no program can be given. */
export function assertCanBeGiven(argv: readonly string[]): void {
  if (argv.some((word) => word.includes('\0'))) {
    throw new AppError('invalid_request', 'An argument of the command holds a NUL byte', {
      hint: 'no program can be given one; remove it',
    });
  }
  const longest = Math.max(0, ...argv.map((word) => Buffer.byteLength(word)));
  if (longest <= maxArgumentBytes) return;
  throw new AppError(
    'invalid_request',
    `An argument of the command has ${longest} bytes; ${maxArgumentBytes} is the limit`,
    { hint: 'put it into a file, and name that' },
  );
}

async function placeOfItsOwn(request: StartRun, context: NewRunContext): Promise<Place> {
  const inPlace = request.worktree === false;
  const repo =
    request.repo === undefined
      ? null
      : await context.chooseRepo(request.repo, { base: request.base, inPlace });
  if (inPlace && request.base !== undefined) {
    throw new AppError('invalid_request', 'A base needs a worktree', { hint: 'leave out base, or in-place' });
  }
  if (repo === null) {
    if (request.base === undefined && request.worktree !== true) return scratch;
    throw new AppError('invalid_request', 'A base or a worktree needs a repository', {
      hint: 'name one with repo',
    });
  }
  return { placeOf: null, repoId: repo.id, project: repo.project, inPlace, base: repo.base };
}

const scratch: Place = { placeOf: null, repoId: null, project: null, inPlace: false, base: null };

/** The agent that a request names; `profile` is what one reference page calls it. */
export function agentName(request: StartRun): string | undefined {
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
  if (!takesCommand(agent.runtime)) {
    if (request.command !== undefined) {
      throw new AppError('invalid_request', `The agent '${agent.name}' takes a prompt, not a command`, {
        hint: `use the agent '${commandAgentName}' to run a command, or 'terminal' for one with a screen`,
      });
    }
    if (request.prompt === undefined || request.prompt.trim() === '') throw promptMissing();
    return agent.command;
  }
  if (request.command !== undefined) return [...agent.command, ...request.command];
  if (agent.command.length === 0) {
    throw new AppError('invalid_request', `The agent '${agent.name}' needs a command`, {
      hint: `drover run --agent ${agent.name} -- CMD ARG…`,
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
