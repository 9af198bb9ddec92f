import { AppError, type ApprovalMode, type Runtime } from '../../contract/index.ts';

/** What of an agent says which options it can honour. */
export type Spoken = { readonly runtime: Runtime; readonly command: readonly string[] };

/** The options of a run that not every agent can honour. */
export type RunOptions = {
  readonly approvalMode: ApprovalMode;
  readonly model: string | null;
  readonly maxTurns: number | null;
  readonly maxCostUsd: number | null;
  readonly maxTokens: number | null;
  readonly sessionId: string | null;
};

/** An option that cannot be honoured, in a sentence, and what to do instead. */
export type Unsupported = { readonly sentence: string; readonly hint: string };

/** True for `codex … exec`, which is run without anybody to ask. */
export function isCodexExec({ runtime, command }: Spoken): boolean {
  return runtime === 'codex' && command.at(-1) === 'exec';
}

/** True for runtimes that run any command, and speak no protocol with it. */
export function takesCommand(runtime: Runtime): boolean {
  return runtime === 'command' || runtime === 'terminal';
}

/** Says which option this agent can never honour, or null. What only the agent knows, it says later. */
export function unsupportedOption(agent: Spoken, options: RunOptions): Unsupported | null {
  if (isCodexExec(agent) && options.approvalMode === 'ask') {
    return {
      sentence: 'codex exec asks nobody, so that the approval mode ask cannot be kept',
      hint: 'choose --approval auto, which keeps it in its sandbox, or unrestricted; the agent codex asks',
    };
  }
  if (agent.runtime === 'codex' && options.maxCostUsd !== null) {
    return {
      sentence: `Codex tells no cost, so that it cannot be limited to $${options.maxCostUsd}`,
      hint: 'limit its tokens instead: --max-tokens',
    };
  }
  if (!takesCommand(agent.runtime)) return null;
  const hint = 'leave the option out, or name an agent';
  const refuse = (sentence: string) => ({ sentence, hint });
  if (options.model !== null) return refuse(`A command has no model to set to '${options.model}'`);
  if (options.maxTurns !== null) return refuse(`A command has no turns to limit to ${options.maxTurns}`);
  if (options.maxCostUsd !== null)
    return refuse(`A command tells no cost, so that it cannot be limited to $${options.maxCostUsd}`);
  if (options.maxTokens !== null) return refuse(`A command has no tokens to limit to ${options.maxTokens}`);
  if (options.sessionId !== null)
    return refuse(`A command has no session '${options.sessionId}' to continue`);
  return null;
}

/** Throws `option_unsupported` for an option that this agent can never honour. */
export function assertSupported(agent: Spoken, options: RunOptions): void {
  const unsupported = unsupportedOption(agent, options);
  if (unsupported === null) return;
  throw new AppError('option_unsupported', unsupported.sentence, { hint: unsupported.hint });
}
