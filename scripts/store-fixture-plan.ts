/** What a database has of a plan, for `store-fixture.ts`. */
import {
  deleteRepo,
  insertEvidence,
  insertPlan,
  insertPlanRun,
  insertRepo,
  insertSignal,
  oweAction,
  setPlanTasks,
  type Transaction,
} from '../src/foundation/store/index.ts';

const [base, head] = ['a'.repeat(40), 'b'.repeat(40)];

/** Writes a plan that waits for a decision, and a repository that was removed. */
export function insertPlanOf(tx: Transaction, repoId: string): void {
  const planKey = insertPlan(tx, {
    id: 'plan_01JD0000000000000000000004',
    repoId,
    name: 'auth',
    version: 3,
    status: 'reviewing',
    phase: null,
    round: 2,
    title: 'Sign in',
    topic: 'login',
    content: '## Wave 1\n\n### Task 1: x\n\ny\n',
    branch: 'drover/plan/auth',
    base: 'main',
    baseCommit: base,
    headCommit: head,
    wave: 1,
    reviewCycle: 1,
    verifyCycle: 0,
    feedback: 'mend it',
    progressHash: 'c',
    guidance: null,
    blockedReason: 'which?',
    blockedBy: 'agent',
    blockedAt: 5,
    isForced: false,
    review: { head: 'b', base: 'a', by: 'person', at: 6 },
    verification: null,
    mergedAt: 9,
    createdAt: 1,
    updatedAt: 2,
  });
  setPlanTasks(tx, planKey, [
    {
      number: 1,
      wave: 1,
      title: 'x',
      body: 'y',
      status: 'merged',
      attempt: 1,
      reason: null,
      commitId: head,
    },
  ]);
  insertPlanRun(tx, {
    runId: 'run_01JD0000000000000000000002',
    planKey,
    actionKey: 'k1',
    role: 'coder',
    round: 1,
    wave: 1,
    task: 1,
    attempt: 1,
    baseCommit: 'a',
    planBase: 'a',
    state: 'signaled',
    startedAt: 3,
  });
  insertEvidence(tx, {
    planKey,
    round: 2,
    stage: 'review',
    runId: 'run_x',
    command: 'true',
    commitId: 'b',
    exitCode: 0,
    output: 'fine',
    at: 4,
  });
  insertSignal(tx, {
    id: '01JD0000000000000000000005',
    repoId,
    planKey,
    planName: 'auth',
    event: 'review_approved',
    wave: null,
    task: null,
    body: '',
    source: 'file',
    runId: null,
    status: 'failed',
    reason: 'no',
    receivedAt: 7,
  });
  const data = { kind: 'stop', role: null, round: 2 };
  oweAction(tx, { key: 'k2', planKey, repoId, kind: data.kind, data, createdAt: 8 });
  insertRemovedRepo(tx);
}

function insertRemovedRepo(tx: Transaction): void {
  const path = '/home/ada/gone';
  const id = 'repo_01JD0000000000000000000006';
  insertRepo(tx, { id, path, pathKey: path, project: 'gone', trustedHash: null, addedAt: 1 });
  deleteRepo(tx, id, 2);
}
