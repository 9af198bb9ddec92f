import { createHash } from 'node:crypto';
import { AppError, type CreatePlan, isTextOpen, newId, type UpdatePlan } from '../../contract/index.ts';
import {
  findPlan,
  getPlan,
  insertPlan,
  type PlanRow,
  planOfTopicAtWork,
  setPlanTasks,
  type Transaction,
  updatePlan,
} from '../../foundation/store/index.ts';
import { ofPlan } from './change.ts';
import { type PlanText, readPlanText } from './plan-text.ts';
import type { PlansDeps } from './ports.ts';

/** Stores a plan: a draft, where it has no waves. Throws `plan_exists`, `plan_invalid` or what the base throws. */
export async function createPlan(
  { store, work }: PlansDeps,
  repoId: string,
  request: CreatePlan,
  also?: (tx: Transaction, row: PlanRow) => void,
): Promise<PlanRow> {
  const base = request.base ?? (await work.currentBase(repoId));
  await work.commitOf(repoId, base);
  const { title, tasks } = read(request.content, request.name);
  return store.write((tx) => {
    if (findPlan(tx, repoId, request.name) !== undefined)
      throw new AppError('plan_exists', `The plan '${request.name}' is there already`, {
        hint: `choose another name, or look at it: drover plan show ${request.name}`,
      });
    const key = insertPlan(tx, {
      id: newId('plan', tx.now),
      repoId,
      name: request.name,
      version: 1,
      status: 'ready',
      phase: tasks.length === 0 ? 'draft' : 'planned',
      round: 0,
      title,
      topic: request.topic ?? null,
      content: request.content,
      branch: `drover/plan/${request.name}`,
      base,
      baseCommit: null,
      headCommit: null,
      wave: 0,
      reviewCycle: 0,
      verifyCycle: 0,
      feedback: null,
      progressHash: null,
      guidance: null,
      blockedReason: null,
      blockedBy: null,
      blockedAt: null,
      isForced: false,
      review: null,
      verification: null,
      mergedAt: null,
      createdAt: tx.now,
      updatedAt: tx.now,
    });
    setPlanTasks(tx, key, tasks);
    const row = getPlan(tx, key);
    tx.event({ type: 'plan.created', data: { name: row.name, title }, ...ofPlan(row), source: 'person' });
    also?.(tx, row);
    return row;
  });
}

/** Changes text, topic or base of a plan that nobody works on. Throws `plan_refused` or `plan_invalid`. */
export async function changePlanText(
  { store, work }: PlansDeps,
  row: PlanRow,
  request: UpdatePlan,
): Promise<PlanRow> {
  if (request.base !== undefined) await work.commitOf(row.repoId, request.base);
  const text = request.content === undefined ? null : read(request.content, row.name);
  return store.write((tx) => {
    const now = getPlan(tx, row.key);
    assertUnchanged(now, request.if_sha256);
    if (Object.keys(request).every((name) => name === 'if_sha256')) return now;
    const isOpen = isTextOpen(now);
    const hasNoBranch = now.headCommit === null;
    if (!isOpen && (text !== null || (request.base !== undefined && !hasNoBranch))) {
      throw new AppError('plan_refused', `The plan '${now.name}' is ${now.status}: its text and base stand`, {
        hint: howToOpen(now),
      });
    }
    const isReady = now.status === 'ready';
    const rival = isOpen ? null : planOfTopicAtWork(tx, { ...now, topic: request.topic ?? null });
    if (rival !== null)
      throw new AppError('plan_refused', `The plan '${rival}' of the topic '${request.topic}' is at work`, {
        hint: 'wait until it is done, or choose another topic',
      });
    updatePlan(tx, now, {
      ...(text === null ? {} : { content: request.content ?? '', title: text.title }),
      ...(text !== null && isReady
        ? { phase: text.tasks.length === 0 ? ('draft' as const) : ('planned' as const) }
        : {}),
      ...(request.topic === undefined ? {} : { topic: request.topic }),
      ...(request.base === undefined
        ? {}
        : { base: request.base, ...(hasNoBranch ? { baseCommit: null } : {}) }),
      updatedAt: tx.now,
    });
    if (text !== null) setPlanTasks(tx, now.key, text.tasks);
    tx.event({ type: 'plan.changed', data: { name: now.name }, ...ofPlan(now), source: 'person' });
    return getPlan(tx, now.key);
  });
}

/** Throws `plan_changed` where the text is another one than the one that somebody has edited. */
function assertUnchanged({ name, content }: PlanRow, sha256: string | undefined): void {
  if (sha256 === undefined || createHash('sha256').update(content).digest('hex') === sha256) return;
  throw new AppError('plan_changed', `The text of the plan '${name}' was changed meanwhile`, {
    hint: `put the two together: drover plan show ${name} --content`,
  });
}

/** How a plan comes to where its text may be changed. */
function howToOpen({ name, status }: PlanRow): string {
  const then = 'what its planner writes may be edited, before it is implemented';
  switch (status) {
    case 'planning':
      return `wait until its planner has finished; ${then}`;
    case 'done':
      return `have it planned anew: drover plan start-over ${name}; ${then}`;
    case 'cancelled':
      return `bring it back: drover plan reopen ${name}; ${then}`;
    default:
      return `have it planned anew: drover plan cancel ${name}, then drover plan reopen ${name}; ${then}`;
  }
}

/** Throws `plan_invalid`. */
function read(content: string, name: string): PlanText {
  const found = readPlanText(content, name);
  if (found.ok) return found.text;
  const { problems } = found;
  throw new AppError('plan_invalid', `The plan cannot be carried out:\n${problems.join('\n')}`, {
    hint: 'mend the markdown, and try again; nothing was stored',
    fields: { problems },
  });
}
