import { AppError, type CreatePlan, newId, type UpdatePlan } from '../../contract/index.ts';
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
    const isOpen = now.status === 'ready' || now.phase === 'awaiting_advance';
    const hasNoBranch = now.headCommit === null;
    if (!isOpen && (text !== null || (request.base !== undefined && !hasNoBranch))) {
      throw new AppError('plan_refused', `The plan '${now.name}' is ${now.status}: its text and base stand`, {
        hint: 'wait until it is done, or cancel it and reopen it',
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
