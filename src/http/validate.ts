import type { z } from 'zod';
import { AppError } from '../contract/index.ts';

/** One thing that is wrong with a request: where, as a dotted path, and what. */
export type Issue = { readonly path: string; readonly message: string };

/** Parses `value` by a schema of the contract. Throws `invalid_request` that lists every issue with its path. */
export function validate(schema: z.ZodType, value: unknown, what: 'query' | 'body'): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap((issue): Issue[] => {
    const path = issue.path.join('.');
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
    return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'unknown field' }));
  });
  throw invalid(what, issues);
}

/** The error for a query or body with these issues. */
export function invalid(what: 'query' | 'body', issues: readonly Issue[]): AppError {
  const [first] = issues;
  const more = issues.length > 1 ? `, and ${issues.length - 1} more` : '';
  const where = first === undefined || first.path === '' ? `The ${what}` : `'${first.path}' in the ${what}`;
  return new AppError('invalid_request', `${where} is not valid: ${first?.message ?? 'malformed'}${more}`, {
    hint: 'see errors for each field',
    fields: { errors: issues },
  });
}

/** The query of a request target as an object. Throws `invalid_request` for a key that comes twice. */
export function parseQuery(url: string): Record<string, string> {
  const queryAt = url.indexOf('?');
  const query: Record<string, string> = {};
  if (queryAt === -1) return query;
  for (const [key, value] of new URLSearchParams(url.slice(queryAt + 1))) {
    if (Object.hasOwn(query, key)) throw invalid('query', [{ path: key, message: 'given more than once' }]);
    Object.defineProperty(query, key, { value, enumerable: true });
  }
  return query;
}
