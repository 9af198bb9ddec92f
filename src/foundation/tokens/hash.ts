import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a run token starts with, so that a secret scanner can know one. */
export const runTokenPrefix = 'drt_';

/** A fresh token of a run: handed to the run once, stored only as its hash. */
export type IssuedRunToken = { readonly token: string; readonly hash: string };

/** Makes a run token of 256 random bits. */
export function issueRunToken(): IssuedRunToken {
  const token = `${runTokenPrefix}${randomBytes(32).toString('base64url')}`;
  return { token, hash: hashToken(token) };
}

/** The SHA-256 of a token in hex: what is stored and looked up. */
export function hashToken(token: string): string {
  return digest(token).toString('hex');
}

/** The SHA-256 of a token. */
export function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Compares two digests in a time that tells nothing about either. */
export function isSameDigest(a: Buffer, b: Buffer): boolean {
  return timingSafeEqual(a, b);
}
