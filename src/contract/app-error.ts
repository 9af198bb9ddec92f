import type { ErrorCode } from './error-code.ts';
import { errorCodes } from './error-code.ts';

/** What an error may carry besides its message. */
export type AppErrorOptions = {
  /** What the reader can do next: one sentence, no full stop. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Machine-readable details, merged into the problem document. */
  readonly fields?: Readonly<Record<string, unknown>>;
};

/** Marks an AppError of another bundle of this program: dist/ has a copy of this class in each. */
const brand = Symbol.for('drover.AppError');

/**
 * The one error class of drover: a stable code, a message that says what failed with the value, and a hint that
 * says what to do next. Only `http/errors.ts` and `cli/errors.ts` turn it into bytes.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = options.hint;
    this.fields = options.fields ?? {};
  }

  /** True for an AppError of any bundle. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }

  get [brand](): true {
    return true;
  }

  /** The HTTP status of this code. */
  get status(): number {
    return errorCodes[this.code].status;
  }

  /** The CLI's exit code for this code (contract §3). */
  get exitCode(): number {
    return errorCodes[this.code].exit;
  }
}

/** True when `error` is an AppError, with `code` where one is given. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}
