/**
 * foundation/tokens: who a bearer token stands for. It owns the admin and read-only token files, inline tokens and the
 * making of run tokens. It promises comparisons in constant time, that a bad file never opens the door, and that a token
 * is nowhere logged or stored but as its hash; it must not know about requests or routes.
 */
export { hashToken, type IssuedRunToken, issueRunToken, runTokenPrefix } from './hash.ts';
export { type InlineTokens, inlineTokenVariables, takeInlineTokens } from './inline.ts';
export { readTokenFile } from './read-token-file.ts';
export { createTokens, type TokenHolder, type Tokens, type TokensOptions } from './tokens.ts';
