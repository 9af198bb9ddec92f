import { resolve } from 'node:path';
import { AppError, isAppError, parseDurationMs } from '../contract/index.ts';
import type { CliContext } from './context.ts';
import { usageError } from './errors.ts';

/** A duration as an option gives it, in milliseconds. Throws `usage`. */
export function parseSpan(text: string): number {
  try {
    return parseDurationMs(text);
  } catch (error) {
    if (!isAppError(error)) throw error;
    throw new AppError('usage', error.message, { ...(error.hint === undefined ? {} : { hint: error.hint }) });
  }
}

/** A whole number as an option gives it. Throws `usage`. */
export function parseCount(option: string, text: string, min = 0): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < min) {
    throw usageError(`${option} cannot be '${text}'`, `give a whole number of at least ${min}`);
  }
  return number;
}

/** An amount of money as an option gives it. Throws `usage`. */
export function parsePrice(option: string, text: string): number {
  const amount = Number(text.replace(/^\$/, ''));
  if (/^\$?\d+(\.\d+)?$/.test(text) && amount > 0) return amount;
  throw usageError(`${option} cannot be '${text}'`, 'give US dollars, such as 2 or 0.50');
}

/** One of the words that an option takes. Throws `usage`. */
export function parseChoice<const T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((word) => word === text);
  if (choice === undefined)
    throw usageError(`${option} cannot be '${text}'`, `use one of: ${choices.join(', ')}`);
  return choice;
}

/** A repository as an argument names it: paths become absolute, names and ids stay. */
export function repoReference(
  text: string,
  context: Pick<CliContext, 'cwd' | 'env'>,
  options: { readonly isPath?: boolean } = {},
): string {
  if (text === '~' || text.startsWith('~/')) return resolve(context.env.HOME ?? '/', text.slice(2));
  const looksLikePath = text === '.' || text === '..' || text.includes('/');
  return looksLikePath || options.isPath ? resolve(context.cwd, text) : text;
}
