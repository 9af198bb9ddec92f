import { ulid } from 'ulid';
import { AppError } from './app-error.ts';

declare const brand: unique symbol;
type Id<Kind extends string> = string & { readonly [brand]: Kind };

/** `run_` and a ULID. */
export type RunId = Id<'run'>;
/** `repo_` and a ULID. */
export type RepoId = Id<'repo'>;
/** `apr_` and a ULID. */
export type ApprovalId = Id<'approval'>;

/** `inp_` and a ULID. */
export type InputId = Id<'input'>;
/** `plan_` and a ULID. */
export type PlanId = Id<'plan'>;

type IdPrefix = 'run' | 'repo' | 'apr' | 'inp' | 'plan';
type IdOf = { run: RunId; repo: RepoId; apr: ApprovalId; inp: InputId; plan: PlanId };

/** The least number of characters after the underscore that a shortened id needs. */
export const minIdPrefixChars = 4;

/** Makes a new id that sorts by `now` (milliseconds since the epoch). */
export function newId<P extends IdPrefix>(prefix: P, now: number): IdOf[P] {
  return `${prefix}_${ulid(now)}` as IdOf[P];
}

/** The shape of a whole id of this kind. */
export function idPattern(prefix: IdPrefix): RegExp {
  return new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`);
}

/** Brands `text` after checking its shape. Throws `invalid_request` for anything else. */
export function parseId<P extends IdPrefix>(prefix: P, text: string): IdOf[P] {
  if (!idPattern(prefix).test(text)) throw new AppError('invalid_request', `'${text}' is not a ${prefix} id`);
  return text as IdOf[P];
}

/** True when `text` is a whole id or a shortened one of this kind that is long enough to look up. */
export function isIdPrefix(prefix: IdPrefix, text: string): boolean {
  return new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{${minIdPrefixChars},26}$`, 'i').test(text);
}
