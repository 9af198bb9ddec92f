import { defaultProfile, isProfileName, profileOf } from '../base/index.ts';
import { type Client, knownProfiles, type LocateInput } from '../client/index.ts';
import { AppError, type ErrorCode, isAppError } from '../contract/index.ts';
import { machineWorld, profilesWithUnits } from '../service/index.ts';
import { nearest } from './nearest.ts';
import { skewNote } from './skew.ts';

/** What a request may come to between a program and a daemon of different versions. */
const skewCodes: readonly ErrorCode[] = [
  'not_found',
  'method_not_allowed',
  'invalid_request',
  'conflict',
  'internal',
];
const statusDeadlineMs = 2000;

/** What is known of the call that failed. */
export type FailedCall = {
  readonly target: LocateInput;
  readonly connect: () => Client;
  readonly version: string;
};

/** Adds to an error what only the side that knows the call can tell; hands back all others as they are. */
export async function explain(error: unknown, call: FailedCall): Promise<unknown> {
  if (!isAppError(error)) return error;
  if (error.code === 'daemon_not_running') return explainNotRunning(error, call.target);
  return skewCodes.includes(error.code) ? await explainSkew(error, call) : error;
}

/** Whose daemon is not running, and which profiles there are when it looks like a slip. */
function explainNotRunning(error: AppError, { flags, env, cwd }: LocateInput): AppError {
  const profile = profileOf({ flags, env });
  if (flags.daemon !== undefined || flags.socket !== undefined || flags.stateRoot !== undefined) return error;
  if (!isProfileName(profile)) return error;
  const known = knownProfiles({ env, cwd }, profilesWithUnits(machineWorld(env))).map(({ name }) => name);
  const start = `drover daemon start --profile ${profile}`;
  if (profile === defaultProfile) {
    if (known.length === 0 || known.includes(defaultProfile)) return error;
    return withHint(
      error,
      `${error.hint}; there are other profiles, to name with --profile: ${known.join(', ')}`,
    );
  }
  if (known.includes(profile)) return withHint(error, `start that of profile '${profile}' with: ${start}`);
  const meant = nearest(profile, known);
  const others = known.length === 0 ? '' : `; profiles: ${known.join(', ')}`;
  const slip = meant === null ? '' : `did you mean --profile ${meant}? `;
  return withHint(error, `${slip}there is no profile '${profile}' yet; begin it with: ${start}${others}`);
}

/** The daemon's version, where the two differ: the likeliest reason for an answer that was not expected. */
async function explainSkew(error: AppError, { target, connect, version }: FailedCall): Promise<AppError> {
  let daemons: string;
  try {
    daemons = (await connect().call('status', { deadlineMs: statusDeadlineMs })).version;
  } catch {
    return error; // it does not say: what went wrong is all there is to tell
  }
  const note = typeof daemons === 'string' ? skewNote(version, daemons, target.flags) : null;
  if (note === null) return error;
  const [what = '', how = ''] = note.split('\n').map((line) => line.replace(/^(note|hint): /, ''));
  const hint = error.hint === undefined ? '' : `${error.hint}; `;
  return withHint(error, `${hint}${what}: ${how}`);
}

function withHint(error: AppError, hint: string): AppError {
  return new AppError(error.code, error.message, { hint, fields: error.fields, cause: error.cause });
}
