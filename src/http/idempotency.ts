import { createHash } from 'node:crypto';
import { AppError } from '../contract/index.ts';
import type { IdempotencyWrite, Services, StoredAnswer } from './services.ts';

const keyGrammar = /^[\x21-\x7e]{1,255}$/;

type Request = {
  readonly key: string | string[] | undefined;
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
};

/**
 * Does `work` once per key, method and path (contract §10.11): takes the key, looks for a stored answer, and only then
 * works. The work stores its answer in its own transaction, so that a crash leaves both or neither.
 */
export async function once(
  idempotency: Services['idempotency'],
  request: Request,
  work: {
    readonly answer: IdempotencyWrite['answer'];
    readonly effect: (write: IdempotencyWrite | null) => Promise<StoredAnswer>;
  },
): Promise<StoredAnswer & { readonly isReplay: boolean }> {
  const { key, method, path } = request;
  if (key === undefined) return { ...(await work.effect(null)), isReplay: false };
  if (typeof key !== 'string' || !keyGrammar.test(key)) {
    throw new AppError('invalid_request', 'The Idempotency-Key is not 1 to 255 visible ASCII characters');
  }
  const bodyHash = createHash('sha256').update(request.body).digest('hex');
  idempotency.begin(key, method, path);
  try {
    const stored = await idempotency.find(key, method, path, bodyHash);
    if (stored !== null) return { ...stored, isReplay: true };
    return { ...(await work.effect({ key, method, path, bodyHash, answer: work.answer })), isReplay: false };
  } finally {
    idempotency.end(key, method, path);
  }
}
