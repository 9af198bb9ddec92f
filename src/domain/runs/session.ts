/**
 * Which conversation a new run goes on with, and where. An agent finds its conversation by the folder that it was led
 * in, and a person expects its files there: so all runs of a session work in one place, the worktree or scratch folder
 * of the first of them, one after the other (decision record 0011).
 */
import { AppError, isIdPrefix, type Runtime } from '../../contract/index.ts';
import {
  findRunById,
  findRunByName,
  lastRunOfSession,
  type RunRow,
  type Sql,
  sessionOfPlace,
} from '../../foundation/store/index.ts';
import { findRun } from './find.ts';
import { placeIdOf } from './place.ts';

/** Where a run works: what its row takes over from the run whose place it is. */
export type Place = {
  /** The run whose place it is; null where that run never made it, so that it is made anew. */
  readonly placeOf: string | null;
  readonly repoId: string | null;
  readonly project: string | null;
  readonly inPlace: boolean;
  readonly base: string | null;
};

/** A conversation that drover knows. */
export type Session = {
  /** The agent's own id of it; null while the run before has not told it. */
  readonly id: string | null;
  readonly agent: string;
  readonly runtime: Runtime;
  readonly place: Place;
};

/**
 * The session that `ref` names: by the agent's own id, or by a run of it (id, prefix or name). Null for an id that
 * drover never saw: only the agent can say whether it knows that one. Throws `run_not_found`, `ambiguous_id` or
 * `no_session`.
 */
export function findSession(sql: Sql, ref: string, agent: string | null): Session | null {
  const run = runOfSession(sql, ref, agent);
  return run === undefined ? null : sessionOf(sql, run);
}

/** Id of the run in whose place the session that `ref` names is led; undefined for a session that drover never saw. */
export function ownerOfSession(sql: Sql, ref: string): string | undefined {
  const run = runOfSession(sql, ref, null);
  return run === undefined ? undefined : placeIdOf(run);
}

function runOfSession(sql: Sql, ref: string, agent: string | null): RunRow | undefined {
  const known = lastRunOfSession(sql, ref, agent);
  if (known !== undefined) return known;
  return isIdPrefix('run', ref) ? findRun(sql, ref) : findRunByName(sql, ref);
}

/** True when a run, or one before it in its place, has told its session. */
export function hasSession(sql: Sql, run: RunRow): boolean {
  return (run.sessionId ?? earlierSession(sql, run)) !== null;
}

/** The session of a run. Throws `no_session` for one that ended without. */
export function sessionOf(sql: Sql, run: RunRow): Session {
  const id = run.sessionId ?? earlierSession(sql, run);
  if (id === null && run.endedAt !== null) throw noSession(run);
  return { id, agent: run.agent, runtime: run.runtime, place: placeOf(sql, run) };
}

/** The session that a run in another's place takes when its turn has come. Throws `no_session` when there is none. */
export function sessionAtStart(sql: Sql, run: RunRow): string | null {
  if (run.sessionId !== null || run.placeOf === null) return run.sessionId;
  const found = earlierSession(sql, run);
  if (found !== null) return found;
  throw noSession(findRunById(sql, run.placeOf) ?? run);
}

/** The run whose place this one works in: itself, where it has one of its own. Throws `repo_unusable` when it is gone. */
export function ownerOf(sql: Sql, run: RunRow): RunRow {
  if (run.placeOf === null) return run;
  const owner = findRunById(sql, run.placeOf);
  if (owner !== undefined) return owner;
  throw new AppError(
    'repo_unusable',
    `The run ${run.placeOf}, whose folder ${run.id} was to go on in, is gone`,
    {
      hint: 'start a run without a session, or retry that run with --fresh',
    },
  );
}

function earlierSession(sql: Sql, run: RunRow): string | null {
  return run.placeOf === null ? null : sessionOfPlace(sql, { owner: run.placeOf, before: run.key });
}

function placeOf(sql: Sql, run: RunRow): Place {
  const owner = ownerOf(sql, run);
  const { repoId, project, inPlace, base } = owner;
  const wasNeverMade = owner.endedAt !== null && owner.worktree === null;
  return { placeOf: wasNeverMade ? null : owner.id, repoId, project, inPlace, base };
}

function noSession(run: RunRow): AppError {
  return new AppError('no_session', `The run ${run.id} ended without a session to go on with`, {
    hint: `begin anew with: drover runs retry ${run.id} --fresh`,
  });
}
