import type { Clock, Log } from '../../base/index.ts';
import { AppError, type Config } from '../../contract/index.ts';
import { digest, hashToken, isSameDigest } from './hash.ts';
import type { InlineTokens } from './inline.ts';
import type { TokenKind } from './read-token-file.ts';
import { type WatchedFile, watchFile } from './watched-file.ts';

/** Who a valid token stands for. A run's own token may read, and what it may write is decided by its run id. */
export type TokenHolder = {
  readonly may: 'read' | 'write';
  readonly runId: string | null;
  readonly name: string;
};

export type TokensOptions = {
  readonly auth: Config['auth'];
  /** Wins over the file of the same kind. */
  readonly inline: InlineTokens;
  /** Who must own the files: `process.getuid()`. */
  readonly uid: number;
  readonly clock: Clock;
  readonly log: Log;
  /** The live run whose token has this hash, or null. */
  readonly runTokens: { readonly findRunByTokenHash: (hash: string) => string | null };
  /** Told about a file that cannot be used at present (`text`), and when it can again (null). */
  readonly onWarning: (key: string, text: string | null) => void;
};

/** Every token that opens something. */
export type Tokens = {
  /** Who the token stands for, null for nobody. Looks at changed files first. */
  readonly check: (token: string) => Promise<TokenHolder | null>;
  /** True when there is any admin token: TCP with `mode = "bearer"` needs one. */
  readonly hasAdmin: () => boolean;
  /** Checks the files of a new configuration; the returned function takes them up. Throws `token_file_invalid`. */
  readonly prepare: (auth: Config['auth']) => () => void;
};

/** Where a token comes from: a file, or a digest for good. */
type Source = WatchedFile | { readonly file: null; readonly current: () => Buffer };
type Sources = { readonly admin: Source | null; readonly readonly: Source | null };

/**
 * Reads the token files and keeps up with them. A file that turns bad later leaves its last good token in force, with a
 * warning: it never opens the door and never locks the operator out. Throws `token_file_invalid`.
 */
export function createTokens(options: TokensOptions): Tokens {
  let sources = openSources(options, options.auth);
  const warned = new Set<string>();

  const warn = (key: string, error: AppError | null) => {
    if (error === null) {
      if (!warned.delete(key)) return;
      options.log.info('token file can be used again', { key });
      options.onWarning(key, null);
    } else if (!warned.has(key)) {
      warned.add(key);
      options.log.warn('token file cannot be used, the last good token stays', { key, err: error });
      options.onWarning(key, `${error.message}; the last good token stays in force`);
    }
  };
  const refresh = () => {
    const before = { admin: sources.admin?.current(), readonly: sources.readonly?.current() };
    for (const kind of ['admin', 'readonly'] as const) {
      const source = sources[kind];
      if (source?.file) warn(`token:${kind}`, source.refresh());
    }
    const equal = equalTokens(sources);
    if (equal !== null) {
      for (const kind of ['admin', 'readonly'] as const) {
        const source = sources[kind];
        const old = before[kind];
        if (source?.file && old) source.rollBack(old);
      }
    }
    warn('token:equal', equal);
  };

  return {
    check: async (token) => {
      refresh();
      const presented = digest(token);
      // Both are always compared, so that the time taken tells nothing.
      const isAdmin = sources.admin !== null && isSameDigest(presented, sources.admin.current());
      const isReadonly = sources.readonly !== null && isSameDigest(presented, sources.readonly.current());
      if (isAdmin) return { may: 'write', runId: null, name: 'admin' };
      if (isReadonly) return { may: 'read', runId: null, name: 'read-only' };
      const runId = options.runTokens.findRunByTokenHash(hashToken(token));
      return runId === null ? null : { may: 'read', runId, name: runId };
    },
    hasAdmin: () => sources.admin !== null,
    prepare: (auth) => {
      const next = openSources(options, auth);
      return () => {
        sources = next;
        for (const key of [...warned]) warn(key, null);
      };
    },
  };
}

function openSources({ inline, uid, clock }: TokensOptions, auth: Config['auth']): Sources {
  const open = (kind: TokenKind, token: string | undefined, path: string): Source | null => {
    if (token !== undefined) {
      const fixed = digest(token);
      return { file: null, current: () => fixed };
    }
    return path === '' ? null : watchFile({ kind, path, uid }, clock);
  };
  const sources = {
    admin: open('admin', inline.admin, auth.admin_token_file),
    readonly: open('read-only', inline.readonly, auth.readonly_token_file),
  };
  if (sources.readonly !== null && sources.admin === null) {
    throw new AppError('token_file_invalid', 'A read-only token is set, but no admin token', {
      hint: 'set auth.admin_token_file too',
    });
  }
  const equal = equalTokens(sources);
  if (equal !== null) throw equal;
  return sources;
}

function equalTokens({ admin, readonly }: Sources): AppError | null {
  if (admin === null || readonly === null || !isSameDigest(admin.current(), readonly.current())) return null;
  return new AppError('token_file_invalid', 'The admin token and the read-only token are the same', {
    hint: 'give each a token of its own',
  });
}
