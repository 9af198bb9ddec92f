/** The built product with a repository, a bare remote of it, and scripted agents for every role of a plan. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { Plan } from '../../src/contract/index.ts';
import { planText } from './plan-text.ts';
import { createWorld, lookPauseMs, type World } from './real-daemon.ts';

import { until } from './until.ts';

export { planText } from './plan-text.ts';

const agent = fileURLToPath(new URL('plan-agent.ts', import.meta.url));

/** Three waves of seven tasks. */
export const sevenTasks = planText([1, 2, 3], [4, 5], [6, 7]);

/** What each role does unless a test says otherwise. */
export const wellBehaved: Readonly<Record<string, readonly (readonly string[])[]>> = {
  planner: [[`signal:planner-finished-$PLAN:${sevenTasks.replaceAll(' ', '_').replaceAll('\n', '~')}`]],
  coder: [
    ['write:task-$TASK.txt:made_by_a_coder', 'commit', 'signal:implement-task-finished-w$WAVE-t$TASK-$PLAN'],
  ],
  reviewer: [['signal:review-approved-$PLAN']],
  fixer: [['write:fixed.txt:mended', 'commit', 'signal:implement-finished-$PLAN']],
  verifier: [['signal:verify-approved-$PLAN']],
};

/** A world whose daemon runs and knows the repository. */
export async function startPlanWorld(t: Test, config = ''): Promise<PlanWorld> {
  const world = await createPlanWorld(config);
  t.teardown(world.close);
  const started = await world.drover('daemon start');
  if (started.code !== 0) throw new Error(started.err);
  const added = await world.drover(`daemon add ${world.repo}`);
  if (added.code !== 0) throw new Error(added.err);
  return world;
}

export type PlanWorld = World & {
  readonly repo: string;
  /** Sets what the agents do from their next run on. */
  readonly script: (change: Readonly<Record<string, readonly (readonly string[])[]>>) => void;
  /** `start WHO RUN` of each run, in order. */
  readonly started: () => string[];
  readonly plan: (name: string) => Promise<Plan>;
  /** Waits until a plan is as `condition` says; what it is like is told when it never is. */
  readonly planTo: (
    name: string,
    what: string,
    condition: (plan: Plan) => boolean,
    deadlineMs?: number,
  ) => Promise<Plan>;
  readonly say: (
    name: string,
    event: string,
    more?: Readonly<Record<string, unknown>>,
  ) => Promise<{ status: number; json: Record<string, unknown> }>;
  readonly create: (
    name: string,
    content: string,
    more?: Readonly<Record<string, unknown>>,
  ) => Promise<{ status: number; json: Record<string, unknown> }>;
};

/** Makes it; the daemon is not started yet. `config` is added to the configuration. */
export async function createPlanWorld(config = ''): Promise<PlanWorld> {
  const world = await createWorld();
  const repo = await world.repository(join(world.home, 'shop'));
  const [scriptFile, log] = [join(world.root, 'script.json'), join(world.root, 'log')];
  writeFileSync(log, '');
  const script: PlanWorld['script'] = (change) =>
    writeFileSync(scriptFile, JSON.stringify({ ...wellBehaved, ...change }));
  script({});
  world.configure(`
default_agent = "robot"
max_parallel_runs = 16
max_parallel_runs_per_repo = 16
${config}
[agents.robot]
runtime = "acp"
command = ${JSON.stringify([process.execPath, agent])}
env = { PLAN_SCRIPT = ${JSON.stringify(scriptFile)}, PLAN_LOG = ${JSON.stringify(log)} }
`);
  const path = (name: string) => `/v1/repos/shop/plans/${name}`;
  const plan: PlanWorld['plan'] = async (name) => {
    const answer = await world.http('GET', path(name));
    if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${JSON.stringify(answer.json)}`);
    return answer.json as unknown as Plan;
  };
  const ask = async (method: string, where: string, body: unknown) => {
    const { status, json } = await world.http(method, where, { body });
    return { status, json: json as Record<string, unknown> };
  };
  return {
    ...world,
    repo,
    script,
    started: () =>
      readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .filter((line) => line !== ''),
    plan,
    planTo: async (name, what, condition, deadlineMs = 60_000) => {
      let last: Plan | null = null;
      try {
        return await until(
          `the plan ${name} ${what}`,
          async () => {
            last = await plan(name);
            return condition(last) && last;
          },
          deadlineMs,
          lookPauseMs,
        );
      } catch (error) {
        const { content: _, ...shown } = (last ?? {}) as Partial<Plan>;
        throw new Error(`${error instanceof Error ? error.message : error}: ${JSON.stringify(shown)}`);
      }
    },
    say: (name, event, more = {}) => ask('POST', `${path(name)}/events`, { event, ...more }),
    create: (name, content, more = {}) => ask('POST', '/v1/repos/shop/plans', { name, content, ...more }),
  };
}
