import { toTimestamp } from '../../../base/index.ts';
import { newId } from '../../../contract/index.ts';
import {
  getRun,
  insertApproval,
  insertInput,
  markInputArrived,
  pendingApprovalsOfRun,
  type Resolution,
  resolveApproval,
  type Transaction,
  updateRun,
} from '../../../foundation/store/index.ts';
import type { AdapterEffect } from '../../agents/index.ts';
import type { Verdict } from '../policy/judge.ts';
import { park } from './parking.ts';
import { applyUsage } from './usage.ts';
import { type EffectTarget, ofRun, resumeIfNothingWaits, waitOn } from './waiting.ts';

/** Who is named as having answered where no person did: a rule, the approval mode of the run, or the time that was over. */
export const answeredByPolicy = 'policy';

/** A request, and what becomes of it. */
type Asked = Extract<AdapterEffect, { kind: 'approval' }> & { readonly verdict: Verdict };

/** What an adapter wants done, once the policy has seen it. */
export type RunEffect = Exclude<AdapterEffect, { kind: 'approval' }> | Asked;

/**
 * Carries the effects of a step out in the transaction that moves the output offset. What leaves the process (lines for
 * the agent) becomes rows here and is written after the commit.
 */
export function applyEffects(tx: Transaction, run: EffectTarget, effects: readonly RunEffect[]): void {
  for (const effect of effects) applyEffect(tx, run, effect);
}

function applyEffect(tx: Transaction, run: EffectTarget, effect: RunEffect): void {
  switch (effect.kind) {
    case 'event':
      tx.event({ ...effect.event, source: 'agent', ...ofRun(run) });
      return;
    case 'write':
      insertInput(tx, { runKey: run.key, inputKey: effect.key, line: effect.line, replay: effect.replay });
      return;
    case 'arrived':
      arrive(tx, run, effect.key);
      return;
    case 'approval':
      askApproval(tx, run, effect);
      return;
    case 'withdrawn':
      withdraw(tx, run, effect);
      return;
    case 'session':
      updateRun(tx, run.key, { sessionId: effect.sessionId });
      tx.event({
        type: 'run.session',
        data: { session_id: effect.sessionId },
        source: 'agent',
        ...ofRun(run),
      });
      return;
    case 'usage':
      applyUsage(tx, run, effect);
      return;
    case 'result':
      updateRun(tx, run.key, { result: effect.text });
      return;
    case 'heard':
      tellHeard(tx, run, effect);
      return;
    case 'park':
      park(tx, run, effect);
      return;
    case 'finish':
      updateRun(tx, run.key, { outcome: effect.outcome });
      return;
  }
}

/** What became of a message of a person. */
function tellHeard(
  tx: Transaction,
  run: EffectTarget,
  { key, unreadBecause: reason }: Extract<AdapterEffect, { kind: 'heard' }>,
): void {
  if (reason === null)
    tx.event({ type: 'input.read', data: { input_id: key }, source: 'agent', ...ofRun(run) });
  else tx.event({ type: 'input.unread', data: { input_id: key, reason }, source: 'daemon', ...ofRun(run) });
}

function arrive(tx: Transaction, run: EffectTarget, inputKey: string): void {
  markInputArrived(tx, run.key, inputKey);
  if (getRun(tx, run.key).waitingOn === 'input') resumeIfNothingWaits(tx, run);
}

function askApproval(tx: Transaction, run: EffectTarget, { key, request, verdict }: Asked): void {
  const id = newId('apr', tx.now);
  const { kind, title, tool, input, options } = request;
  const terms = termsOf(verdict, tx.now);
  insertApproval(tx, {
    id,
    runKey: run.key,
    agentKey: key,
    kind,
    title,
    tool,
    input,
    options: [...options],
    requestedAt: tx.now,
    ...terms,
  });
  tx.event({
    type: 'approval.requested',
    data: {
      approval_id: id,
      kind,
      title,
      tool,
      options: [...options],
      expires_at: terms.expiresAt === null ? null : toTimestamp(terms.expiresAt),
      default: terms.defaultDecision,
      waits: verdict.kind === 'person',
    },
    source: 'agent',
    ...ofRun(run),
  });
  if (verdict.kind === 'decided') {
    const resolution = { status: verdict.status, by: answeredByPolicy, reason: verdict.reason };
    resolveApproval(tx, id, { ...resolution, at: tx.now });
    tellResolved(tx, run, { id, ...resolution });
    return;
  }
  waitOn(tx, run, { waitingOn: id, reason: `Waiting for a person: ${title}` });
}

function termsOf(verdict: Verdict, now: number) {
  if (verdict.kind === 'decided' || verdict.timeoutMs === 0)
    return { expiresAt: null, defaultDecision: null };
  return { expiresAt: now + verdict.timeoutMs, defaultDecision: verdict.fallback };
}

/** Tells of an approval that nobody can answer any more: it was answered, or it has expired. */
export function tellResolved(
  tx: Transaction,
  run: EffectTarget,
  { id, status, by, reason }: { readonly id: string } & Omit<Resolution, 'at'>,
): void {
  const about = { source: sourceOf(by), ...ofRun(run) };
  if (status === 'expired') {
    const data = { approval_id: id, resolved_by: by, reason: reason ?? 'Nobody answered' };
    tx.event({ type: 'approval.expired', data, ...about });
    return;
  }
  tx.event({
    type: 'approval.resolved',
    data: { approval_id: id, status, resolved_by: by, reason },
    ...about,
  });
}

/** Whose doing it is, by who is named as having answered. */
function sourceOf(by: string): 'agent' | 'daemon' | 'person' {
  if (by === 'agent') return 'agent';
  return by === answeredByPolicy || by === 'daemon' ? 'daemon' : 'person';
}

function withdraw(
  tx: Transaction,
  run: EffectTarget,
  effect: Extract<AdapterEffect, { kind: 'withdrawn' }>,
): void {
  for (const approval of pendingApprovalsOfRun(tx, run.key)) {
    if (approval.agentKey !== effect.key) continue;
    expireOne(tx, run, { id: approval.id, by: 'agent', reason: effect.reason });
  }
  resumeIfNothingWaits(tx, run);
}

/** Expires what still waits when a run ends. */
export function expireApprovals(tx: Transaction, run: EffectTarget): void {
  for (const approval of pendingApprovalsOfRun(tx, run.key)) {
    expireOne(tx, run, { id: approval.id, by: 'daemon', reason: 'The run ended' });
  }
}

function expireOne(
  tx: Transaction,
  run: EffectTarget,
  { id, by, reason }: { readonly id: string; readonly by: string; readonly reason: string },
): void {
  const resolution = { status: 'expired', by, reason } as const;
  resolveApproval(tx, id, { ...resolution, at: tx.now });
  tellResolved(tx, run, { id, ...resolution });
}
