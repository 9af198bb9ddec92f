import { AppError } from '../contract/index.ts';
import { exitCodes } from './exit-code.ts';
import { escapeControls, escapeLine } from './print/escape.ts';
import { jsonLine } from './print/json.ts';
import type { Style } from './print/style.ts';

/** An error as the user gets it: bytes for stderr and an exit code. */
export type ShownError = { readonly text: string; readonly exitCode: number };

/**
 * Turns whatever a command threw into text and exit code. With `json` the text is a problem document on one line; a
 * stack is shown only for faults of drover itself.
 */
export function showError(
  error: unknown,
  options: { readonly json: boolean; readonly style: Style },
): ShownError {
  const known = error instanceof AppError ? error : internalError(error);
  if (options.json) {
    const { code, message: detail, hint, status, fields } = known;
    const problem = { ...fields, code, status, detail, ...(hint === undefined ? {} : { hint }) };
    return { text: jsonLine(problem), exitCode: known.exitCode };
  }
  const details = Array.isArray(known.fields.errors) ? known.fields.errors.map(formatDetail).join('') : '';
  const id = typeof known.fields.error_id === 'string' ? ` (error ${escapeLine(known.fields.error_id)})` : '';
  const hint = known.hint === undefined ? '' : `${options.style.dim('hint:')} ${escapeLine(known.hint)}\n`;
  const stack =
    known.code === 'internal' && known.cause instanceof Error && known.cause.stack !== undefined
      ? `${escapeControls(known.cause.stack)}\n`
      : '';
  return {
    text: `${options.style.red('error:')} ${indentLines(known.message)}${id}\n${details}${hint}${stack}`,
    exitCode: known.exitCode,
  };
}

/** A wrong call, as clipanion reports it, in our words. */
export function usageError(message: string, hint: string): AppError {
  return new AppError('usage', message, { hint });
}

/** The exit code of a run that was waited for: 0 only when it succeeded. */
export function exitCodeOf(status: string): number {
  return status === 'succeeded' ? exitCodes.ok : exitCodes.failed;
}

/** A message of several lines, such as a list of problems: each further one stands below the first, indented. */
function indentLines(message: string): string {
  return message.split('\n').map(escapeLine).join('\n  ');
}

function formatDetail(detail: unknown): string {
  if (typeof detail !== 'object' || detail === null) return '';
  const { path, message } = detail as { path?: unknown; message?: unknown };
  const where = Array.isArray(path) ? path.join('.') : String(path ?? '');
  return `  ${escapeLine(where === '' ? String(message) : `${where}: ${String(message)}`)}\n`;
}

function internalError(error: unknown): AppError {
  const message = error instanceof Error ? error.message : String(error);
  return new AppError('internal', `drover failed: ${message}`, { cause: error });
}
