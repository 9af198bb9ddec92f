import { AppError, isAppError, type StartRun } from '../../contract/index.ts';
import { type Agent, assertSupported } from '../agents/index.ts';
import type { NewRunContext } from './new-run-context.ts';
import type { Place, Session } from './session.ts';

/**
 * The place of a run that goes on with a session: where the session is. Throws `invalid_request` for an option that
 * would have it elsewhere, or with a program that cannot know it.
 */
export async function placeInSession(
  request: StartRun,
  { session, agent, context }: { session: Session; agent: Agent; context: NewRunContext },
): Promise<Place> {
  const ref = request.session_id ?? session.id ?? '';
  const { approvalMode } = agent;
  const asked = {
    approvalMode,
    model: null,
    maxTurns: null,
    maxCostUsd: null,
    maxTokens: null,
    sessionId: ref,
  };
  assertSupported({ runtime: session.runtime, command: [] }, asked);
  const elsewhere = (what: string, hint: string) =>
    new AppError('invalid_request', `The session of '${ref}' ${what}`, { hint });
  const { place } = session;
  if (agent.runtime !== session.runtime) {
    throw elsewhere(
      `belongs to the agent '${session.agent}' (${session.runtime}), and '${agent.name}' is ${agent.runtime}`,
      'leave out agent, or start a run without a session',
    );
  }
  if (request.base !== undefined) {
    throw elsewhere('goes on from where its files stand, not from a base', 'leave out base');
  }
  if (request.worktree === true || (request.worktree === false && !place.inPlace)) {
    throw elsewhere(
      `goes on where it was led, in ${describe(place)}`,
      `leave out ${request.worktree ? 'worktree' : 'in-place'}`,
    );
  }
  if (request.repo !== undefined) {
    const { id, project } = await context.chooseRepo(request.repo, { base: undefined, inPlace: true });
    if (id !== place.repoId) {
      throw elsewhere(`goes on where it was led, in ${describe(place)}, not in ${project}`, 'leave out repo');
    }
  }
  return { ...place, project: await currentProject(place, context) };
}

/** The project of a place as it is called now. Throws `repo_not_found` where its repository was removed. */
export async function currentProject(
  { repoId, project }: Place,
  context: NewRunContext,
): Promise<string | null> {
  if (repoId === null) return null;
  try {
    return (await context.chooseRepo(repoId, { base: undefined, inPlace: true })).project;
  } catch (error) {
    if (!isAppError(error, 'repo_not_found')) throw error;
    throw new AppError(
      'repo_not_found',
      `The repository '${project}' of that run is not registered any more`,
      {
        hint: 'its branch is still there: register the repository again and start a run with --base',
        cause: error,
      },
    );
  }
}

function describe({ repoId, project, inPlace }: Place): string {
  if (repoId === null) return 'a scratch folder';
  return inPlace ? `the checkout of ${project}` : `a worktree of ${project}`;
}
