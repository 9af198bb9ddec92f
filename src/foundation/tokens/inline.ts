import { AppError } from '../../contract/index.ts';
import { isToken } from './read-token-file.ts';

/** Tokens given by flag or environment instead of a file. */
export type InlineTokens = { readonly admin?: string; readonly readonly?: string };

/** The environment's names for them. */
export const inlineTokenVariables = {
  admin: 'DROVER_HTTP_ADMIN_TOKEN',
  readonly: 'DROVER_HTTP_READONLY_TOKEN',
} as const;

/**
 * Takes the inline tokens out of `env`, so that no child inherits them; `flags` win. Throws `token_file_invalid` for an
 * empty token or one that no header can carry.
 */
export function takeInlineTokens(env: NodeJS.ProcessEnv, flags: InlineTokens = {}): InlineTokens {
  const taken: { admin?: string; readonly?: string } = {};
  for (const kind of ['admin', 'readonly'] as const) {
    const variable = inlineTokenVariables[kind];
    const token = flags[kind] ?? env[variable];
    delete env[variable];
    if (token === undefined) continue;
    const source = flags[kind] === undefined ? `$${variable}` : `--http-${kind}-token`;
    if (!isToken(token)) {
      throw new AppError('token_file_invalid', `The token in ${source} is empty or not one word of ASCII`, {
        hint: 'give a token such as one from: openssl rand -hex 32',
      });
    }
    taken[kind] = token;
  }
  return taken;
}
