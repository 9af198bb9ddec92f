import type { Plan, PlanSummary, Signal } from '../../src/contract/index.ts';
import { aRepo, aRun } from './resources.ts';

const at = '2026-01-02T03:04:05.000Z';

/** A plan as lists show it: in its second wave, changed by `changes`. */
export function aPlanSummary(changes: Partial<PlanSummary> = {}): PlanSummary {
  return {
    id: 'plan_01JD0000000000000000000001',
    name: 'auth',
    repo: { id: aRepo().id, project: 'shop' },
    title: 'Passkeys for everybody',
    topic: null,
    status: 'implementing',
    phase: 'wave_running',
    wave: 2,
    wave_count: 2,
    tasks_merged: 1,
    task_count: 3,
    review_cycle: 0,
    verify_cycle: 0,
    blocked: null,
    forced: false,
    live: [],
    failing: null,
    branch: 'drover/plan/auth',
    merged_at: null,
    created_at: at,
    updated_at: at,
    ...changes,
  };
}

/** The same plan, whole, changed by `changes`. */
export function aPlan(changes: Partial<Plan> = {}): Plan {
  const task = { attempt: 1, reason: null, commit: null, run_id: null };
  return {
    ...aPlanSummary(),
    goal: 'Sign in without a password',
    architecture: null,
    tech_stack: null,
    content: '# Passkeys for everybody\n',
    problems: [],
    base: 'main',
    base_commit: 'b'.repeat(40),
    head_commit: 'a'.repeat(40),
    kept: [],
    waves: [
      {
        number: 1,
        title: 'Storage',
        tasks: [{ ...task, number: 1, title: 'Tables', status: 'merged', commit: 'a'.repeat(40) }],
      },
      {
        number: 2,
        title: null,
        tasks: [
          { ...task, number: 2, title: 'Endpoints', status: 'running', run_id: aRun().id },
          { ...task, number: 3, title: 'Form', status: 'failed', attempt: 2, reason: 'it ended twice' },
        ],
      },
    ],
    feedback: null,
    review: null,
    verification: null,
    runs: [
      { run_id: aRun().id, role: 'coder', round: 1, wave: 2, task: 2, attempt: 1, state: 'open' },
      {
        run_id: 'run_01JD0000000000000000000002',
        role: 'planner',
        round: 0,
        wave: null,
        task: null,
        attempt: 1,
        state: 'closed',
      },
    ],
    evidence: [],
    owed: [],
    settings: { verify: [], auto_readiness_review: true, own: 'none', problem: null },
    checkout: { path: '/home/me/shop', base_gone: false, uncommitted: null },
    refused: [],
    ...changes,
  };
}

/** A receipt, changed by `changes`. */
export function aSignal(changes: Partial<Signal> = {}): Signal {
  return {
    id: '01JD0000000000000000000001',
    repo_id: aRepo().id,
    plan: 'auth',
    event: 'task_finished',
    wave: 2,
    task: 2,
    body: '',
    source: 'person',
    status: 'done',
    reason: null,
    received_at: at,
    ...changes,
  };
}
