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
import { commandAdapter } from './command/adapter.ts';

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
export { type AgentEnvironment, agentEnvironment } from './environment.ts';
export { type OutcomeCode, outcomeCodes } from './outcome.ts';
export {
  type Agent,
  builtInNames,
  chooseAgent,
  demoAgentScript,
  type ListAgentsOptions,
  listAgents,
  presets,
} from './presets.ts';
export { assertSupported, type RuntimeOptions, unsupportedOption } from './supported.ts';
export { trustVariables } from './trust.ts';
export { programVersion } from './version.ts';
export { findProgram } from './which.ts';

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
  }
}
