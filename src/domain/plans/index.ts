/**
 * plans: one piece of work on a repository, carried by agents through its states. It owns the table of states and
 * events, the waves, what is owed and its outbox; promises that a plan moves by rule alone, that state, receipt, event and
 * owed actions are one transaction, and that nothing is started twice; and must not know who asked or how runs are driven.
 */
export type { Speaker } from './attribute.ts';
export { createPlans, type PlanRepo, type Plans, type SaidBy, type SaidOfPlan } from './plans.ts';
export type { PlanRuns, PlansDeps, PlanWork, RepoPlanSettings } from './ports.ts';
export { checkTemplate } from './prompts/render.ts';
export { removeOldPlanRecords } from './retain.ts';
export { planSettings } from './settings.ts';
export { type ParsedPlan, parsePlan } from './text/parse.ts';
export type { PlanAlone } from './view.ts';
