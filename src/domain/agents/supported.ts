import { AppError, type Runtime } from '../../contract/index.ts';

/** The options of a run that not every runtime can honour. */
export type RuntimeOptions = {
  readonly model: string | null;
  readonly maxTurns: number | null;
  readonly sessionId: string | null;
};

/** Says in a sentence which option this runtime can never honour, or null. What only the agent knows, it says later. */
export function unsupportedOption(runtime: Runtime, options: RuntimeOptions): string | null {
  if (runtime !== 'command') return null;
  if (options.model !== null) return `A command has no model to set to '${options.model}'`;
  if (options.maxTurns !== null) return `A command has no turns to limit to ${options.maxTurns}`;
  if (options.sessionId !== null) return `A command has no session '${options.sessionId}' to continue`;
  return null;
}

/** Throws `option_unsupported` for an option that this runtime can never honour. */
export function assertSupported(runtime: Runtime, options: RuntimeOptions): void {
  const sentence = unsupportedOption(runtime, options);
  if (sentence === null) return;
  throw new AppError('option_unsupported', sentence, { hint: 'leave the option out, or name an agent' });
}
