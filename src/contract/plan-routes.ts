import * as plans from './plan-requests.ts';
import * as resources from './plan-resources.ts';
import { page } from './resources.ts';
import type { RouteSpec } from './route-spec.ts';

const ofRepo = ['repo_not_found', 'ambiguous_id'] as const;
const ofPlan = [...ofRepo, 'plan_not_found'] as const;

/** The routes of plans and signals, a part of `routes`. */
export const planRoutes = {
  plansList: {
    id: 'plansList',
    method: 'GET',
    path: '/v1/repos/{repo}/plans',
    summary: 'The plans of a repository, newest first',
    access: 'read',
    query: plans.listPlansQuery,
    status: 200,
    response: page(resources.planSummary),
    errors: [...ofRepo],
  },
  plansCreate: {
    id: 'plansCreate',
    method: 'POST',
    path: '/v1/repos/{repo}/plans',
    summary: 'Store a plan; nothing is started',
    access: 'write',
    body: plans.createPlan,
    status: 201,
    response: resources.plan,
    idempotent: true,
    errors: [...ofRepo, 'plan_exists', 'plan_invalid', 'base_not_found', 'repo_unusable'],
  },
  plansShow: {
    id: 'plansShow',
    method: 'GET',
    path: '/v1/repos/{repo}/plans/{plan}',
    summary: 'One plan, by name or id',
    access: 'read',
    status: 200,
    response: resources.plan,
    errors: [...ofPlan],
  },
  plansUpdate: {
    id: 'plansUpdate',
    method: 'PATCH',
    path: '/v1/repos/{repo}/plans/{plan}',
    summary: 'Change the text, topic or base of a plan that nobody works on',
    access: 'write',
    body: plans.updatePlan,
    status: 200,
    response: resources.plan,
    errors: [...ofPlan, 'plan_refused', 'plan_invalid', 'base_not_found', 'repo_unusable'],
  },
  plansSay: {
    id: 'plansSay',
    method: 'POST',
    path: '/v1/repos/{repo}/plans/{plan}/events',
    summary: 'Say something of a plan: it moves by rule, or refuses with the reason',
    access: 'run',
    body: plans.sayOfPlan,
    status: 200,
    response: resources.plan,
    errors: [...ofPlan, 'plan_refused', 'plan_invalid', 'forbidden', 'draining'],
  },
  signalsList: {
    id: 'signalsList',
    method: 'GET',
    path: '/v1/repos/{repo}/signals',
    summary: 'What was said of the plans of a repository, newest first',
    access: 'read',
    query: plans.listSignalsQuery,
    status: 200,
    response: page(resources.signal),
    errors: [...ofRepo],
  },
  signalsSend: {
    id: 'signalsSend',
    method: 'POST',
    path: '/v1/repos/{repo}/signals',
    summary: 'Say something of a plan, with a receipt also where it is refused',
    access: 'run',
    body: plans.sendSignal,
    status: 201,
    response: resources.signal,
    errors: [...ofRepo, 'forbidden', 'draining'],
  },
  signalsRetry: {
    id: 'signalsRetry',
    method: 'POST',
    path: '/v1/repos/{repo}/signals/{signal}/retry',
    summary: 'Say again what was refused',
    access: 'write',
    status: 201,
    response: resources.signal,
    errors: [...ofRepo, 'signal_not_found', 'draining'],
  },
} as const satisfies Record<string, RouteSpec>;
