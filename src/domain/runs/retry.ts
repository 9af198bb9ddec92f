import { AppError, newId, type RetryRun } from '../../contract/index.ts';
import type { RunRow, Sql } from '../../foundation/store/index.ts';
import { type Agent, takesCommand, unsupportedOption } from '../agents/index.ts';
import { assertCanBeGiven, type NewRun } from './new-run.ts';
import type { NewRunContext } from './new-run-context.ts';
import { hasSession, type Place, type Session, sessionOf } from './session.ts';
import { currentProject } from './session-request.ts';

/** What an agent is told whose session goes on after it was cut off. The run's own `prompt` stays the task. */
export function resumePrompt(task: string): string {
  return `Go on where you were interrupted. The task was: ${task}`;
}

/**
 * The session that a retry goes on with; null where it begins anew: when that was asked for, when the run succeeded, and
 * when there is none or its runtime has none.
 */
export function sessionToResume(sql: Sql, old: RunRow, { fresh }: RetryRun): Session | null {
  if (fresh === true || old.status === 'succeeded' || !mayHaveSession(old)) return null;
  return hasSession(sql, old) ? sessionOf(sql, old) : null;
}

/** The row of a run that tries again what `old` was asked to do, with the same agent, options and limits. */
export async function retryRun(
  old: RunRow,
  request: RetryRun,
  { context, session }: { readonly context: NewRunContext; readonly session: Session | null },
): Promise<NewRun> {
  const agent = await agentAgain(old, context);
  const isResumed = session !== null && agent.runtime === session.runtime;
  const argv = argvAgain(old, { agent, prompt: request.prompt });
  assertCanBeGiven(argv);
  const place = isResumed ? session.place : await placeAnew(old, context);
  return {
    id: newId('run', context.now),
    status: 'queued',
    agent: agent.name,
    runtime: agent.runtime,
    argv,
    agentEnv: agent.env,
    model: old.model,
    approvalMode: old.approvalMode,
    maxTurns: old.maxTurns,
    timeoutMs: old.timeoutMs,
    maxCostUsd: old.maxCostUsd,
    maxTokens: old.maxTokens,
    label: old.label,
    name: old.name,
    prompt: request.prompt ?? old.prompt,
    command: old.command === null ? null : argv,
    ...place,
    project: await currentProject(place, context),
    sessionId: isResumed ? session.id : null,
    retryOf: old.id,
    // Who was never given its task, or is given another one, is told that instead.
    resumes: isResumed && old.startedAt !== null && request.prompt === undefined,
    createdAt: context.now,
  };
}

function mayHaveSession({ runtime, argv, approvalMode, id }: RunRow): boolean {
  const options = {
    approvalMode,
    model: null,
    maxTurns: null,
    maxCostUsd: null,
    maxTokens: null,
    sessionId: id,
  };
  return unsupportedOption({ runtime, command: argv }, options) === null;
}

async function agentAgain(old: RunRow, context: NewRunContext): Promise<Agent> {
  const agent = await context.chooseAgent(old.agent);
  if (takesCommand(agent.runtime) === takesCommand(old.runtime)) return agent;
  throw new AppError(
    'agent_unknown',
    `The agent '${old.agent}' is of the runtime ${agent.runtime} now, and was of ${old.runtime}`,
    { hint: 'start a run of its own' },
  );
}

function argvAgain(
  old: RunRow,
  { agent, prompt }: { readonly agent: Agent; readonly prompt: string | undefined },
): readonly string[] {
  if (!takesCommand(old.runtime)) return agent.command;
  if (prompt === undefined) return old.argv;
  if (agent.command.length > 0) return [...agent.command, prompt];
  throw new AppError('invalid_request', `The run ${old.id} ran a command, which takes no prompt`, {
    hint: 'leave out prompt, or start a run of another command',
  });
}

/** A new worktree from the commit that the first one started from; the checkout itself where it worked in that. */
async function placeAnew(old: RunRow, context: NewRunContext): Promise<Place> {
  const { repoId, project, inPlace } = old;
  const anew = { placeOf: null, repoId, project, inPlace, base: null };
  if (repoId === null) return anew;
  await currentProject(anew, context);
  const base = inPlace ? undefined : (old.baseCommit ?? old.base ?? undefined);
  const repo = await context.chooseRepo(repoId, { base, inPlace });
  return { ...anew, base: repo.base };
}
