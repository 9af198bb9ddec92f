import { toTimestamp } from '../../base/index.ts';
import type { Approval, Run } from '../../contract/index.ts';
import type { ApprovalRow, RunRow } from '../../foundation/store/index.ts';
import type { LaunchPort } from './ports.ts';

const timeOrNull = (ms: number | null) => (ms === null ? null : toTimestamp(ms));

/** A run as the contract shows it (§10.1): every key always present. */
export function viewRun(row: RunRow, { attachCommand }: Pick<LaunchPort, 'attachCommand'>): Run {
  const hasTerminal = row.runtime === 'terminal' && row.startedAt !== null && row.endedAt === null;
  return {
    id: row.id,
    run_id: row.id,
    status: row.status,
    reason: row.reason,
    agent: row.agent,
    runtime: row.runtime,
    profile: row.agent,
    model: row.model,
    approval_mode: row.approvalMode,
    max_turns: row.maxTurns,
    max_cost_usd: row.maxCostUsd,
    max_tokens: row.maxTokens,
    label: row.label,
    name: row.name,
    prompt: row.prompt,
    command: row.command === null ? null : [...row.command],
    repo: row.repoId === null ? null : { id: row.repoId, project: row.project ?? '' },
    worktree: row.worktree,
    branch: row.branch,
    base_commit: row.baseCommit,
    ports: row.portBase === null ? null : { base: row.portBase, count: row.portCount ?? 0 },
    session_id: row.sessionId,
    retry_of: row.retryOf,
    created_at: toTimestamp(row.createdAt),
    started_at: timeOrNull(row.startedAt),
    ended_at: timeOrNull(row.endedAt),
    exit_code: row.exitCode,
    signal: row.signal,
    result: row.result,
    error: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
    usage: row.usage,
    cost_usd: row.costUsd,
    waiting_on: row.waitingOn,
    attach_command: hasTerminal ? [...attachCommand(row.id)] : null,
  };
}

/** An approval as the contract shows it (§10.4). */
export function viewApproval(row: ApprovalRow): Approval {
  return {
    id: row.id,
    run_id: row.runId,
    repo: row.repoId === null ? null : { id: row.repoId, project: row.project ?? '' },
    kind: row.kind,
    title: row.title,
    tool: row.tool,
    input: row.input,
    options: [...row.options],
    status: row.status,
    default: row.defaultDecision,
    requested_at: toTimestamp(row.requestedAt),
    expires_at: timeOrNull(row.expiresAt),
    resolved_at: timeOrNull(row.resolvedAt),
    resolved_by: row.resolvedBy,
    reason: row.reason,
  };
}
