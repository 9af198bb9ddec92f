/**
 * domain/agents: which agents there are, what environment they get, and one adapter per runtime that turns their bytes
 * into effects and decisions into bytes. It promises that adapters are pure: no I/O, no clock, state that is plain JSON.
 * It must not know the store, the queue, HTTP, or how a process is started.
 */
import type { Runtime } from '../../contract/index.ts';
import { acpAdapter } from './acp/adapter.ts';
import type { Adapter } from './adapter.ts';
import { claudeAdapter } from './claude/adapter.ts';
import { codexAdapter } from './codex/adapter.ts';
import { codexExecAdapter } from './codex-exec/adapter.ts';
import { commandAdapter } from './command/adapter.ts';
import { isCodexExec } from './supported.ts';
import { terminalAdapter } from './terminal/adapter.ts';

export type {
  Adapter,
  AdapterEffect,
  AdapterEvent,
  AgentRequest,
  ApprovalAnswer,
  ApprovalRequest,
  Outcome,
  OutputPiece,
  ProcessExit,
  Step,
} from './adapter.ts';
export { shorten } from './bounded.ts';
export { type AgentEnvironment, agentEnvironment } from './environment.ts';
export { type OutcomeCode, outcomeCodes } from './outcome.ts';
export { type Preset, presets } from './preset-rows.ts';
export {
  type Agent,
  builtInNames,
  chooseAgent,
  defaultAgent,
  demoAgentScript,
  type ListAgentsOptions,
  listAgents,
  missingPresets,
} from './presets.ts';
export {
  assertSupported,
  type RunOptions,
  type Spoken,
  takesCommand,
  unsupportedOption,
} from './supported.ts';
export { findTmux } from './terminal/find-tmux.ts';
export { tested, testedWith } from './tested.ts';
export { trustVariables } from './trust.ts';
export { programVersion } from './version.ts';
export { findProgram } from './which.ts';

/** The adapter of a run: that of its runtime, but for an agent whose command has a protocol of its own. */
export function adapterOfRun({
  runtime,
  argv,
}: {
  readonly runtime: Runtime;
  readonly argv: readonly string[];
}): Adapter<unknown> {
  return isCodexExec({ runtime, command: argv })
    ? (codexExecAdapter as Adapter<unknown>)
    : adapterFor(runtime);
}

/** The adapter of a runtime. Its state is opaque JSON: only the adapter that made it may read it. */
export function adapterFor(runtime: Runtime): Adapter<unknown> {
  switch (runtime) {
    case 'acp':
      return acpAdapter as Adapter<unknown>;
    case 'claude':
      return claudeAdapter as Adapter<unknown>;
    case 'codex':
      return codexAdapter as Adapter<unknown>;
    case 'command':
      return commandAdapter as Adapter<unknown>;
    case 'terminal':
      return terminalAdapter as Adapter<unknown>;
  }
}
