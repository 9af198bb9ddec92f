import {
  type ActionRow,
  getPlan,
  lastSignalOfRun,
  type PlanRow,
  planEvidence,
  planRuns,
  planTasks,
} from '../../../foundation/store/index.ts';
import { roundOfBeginning } from '../beginning.ts';
import type { Owed } from '../machine/state.ts';
import { filesInConflict } from '../machine/waves.ts';
import type { PlansDeps } from '../ports.ts';
import { ownTemplate } from '../prompts/own-template.ts';
import { type PromptFacts, renderPrompt } from '../prompts/render.ts';
import { signalsOf } from '../signals-of.ts';
import { guidanceOf } from '../state-columns.ts';
import { parsePlan } from '../text/parse.ts';
import { ensureBranch } from './branch.ts';
import { blockLapsed } from './lapsed.ts';
import { startOwedRun } from './start-run.ts';

type Spawn = Extract<Owed, { readonly kind: 'spawn' }>;

/** Starts who is to work at a stage or a task, from the plan's branch as it is now, with all that is known. */
export async function carrySpawn(deps: PlansDeps, action: ActionRow, owed: Spawn): Promise<void> {
  const { store } = deps;
  const settings = await deps.settingsOf(action.repoId);
  if (await blockLapsed(deps, action, settings)) return;
  const isBeforeBranch = owed.role === 'planner';
  const found = store.read((sql) => getPlan(sql, action.planKey));
  const plan = isBeforeBranch ? found : await ensureBranch(deps, found);
  const base = isBeforeBranch
    ? await deps.work.commitOf(plan.repoId, plan.base)
    : (plan.headCommit ?? plan.base);
  const facts = await promptFacts(deps, plan, owed, settings.selfFixMaxLines);
  const template = await ownTemplate(settings, owed.role);
  const agent = settings.agentOf(owed.role);
  await startOwedRun(deps, action, {
    plan,
    request: {
      prompt: renderPrompt(facts, template).text,
      repo: plan.repoId,
      base,
      worktree: true,
      run_label: labelOf(plan, owed),
      ...(agent === undefined ? {} : { agent }),
    },
    as: {
      role: owed.role,
      round: owed.round,
      wave: owed.wave,
      task: owed.task,
      attempt: owed.attempt,
      baseCommit: base,
      state: 'open',
    },
  });
}

async function promptFacts(
  deps: PlansDeps,
  plan: PlanRow,
  owed: Spawn,
  selfFixMaxLines: number,
): Promise<PromptFacts> {
  const { store, work } = deps;
  const { tasks, evidence } = store.read((sql) => ({
    tasks: planTasks(sql, plan.key),
    evidence: planEvidence(sql, plan.key),
  }));
  const parsed = parsePlan(plan.content);
  const task = tasks.find(({ number }) => number === owed.task) ?? null;
  const lastRound = evidence.at(-1)?.round;
  const isCompared = plan.baseCommit !== null && plan.headCommit !== null;
  const isJudge = ['reviewer', 'verifier', 'fixer'].includes(owed.role);
  const compared =
    isCompared && isJudge
      ? await work.compare(plan.repoId, plan.baseCommit ?? '', plan.headCommit ?? '')
      : null;
  const isConflict = owed.role === 'fixer' && task !== null;
  const files = task === null ? null : filesInConflict(task);
  return {
    role: owed.role,
    plan: plan.name,
    title: plan.title,
    goal: parsed.ok ? parsed.plan.goal : null,
    content: plan.content,
    base: plan.baseCommit ?? plan.base,
    branch: plan.branch,
    round: plan.reviewCycle + 1,
    wave: owed.wave,
    task: task === null ? null : { number: task.number, title: task.title, body: task.body },
    peers: tasks
      .filter((one) => task !== null && one.wave === task.wave && one.number !== task.number)
      .map(({ number, title }) => ({ number, title })),
    feedback: isConflict ? conflictWords(deps, plan, task) : wordsBefore(deps, plan, owed),
    guidance: guidanceOf(plan),
    evidence: evidence
      .filter(({ round }) => round === lastRound)
      .map(({ command, exitCode, output }) => ({ command, exitCode, output })),
    diffStat: compared?.stat ?? null,
    conflict: isConflict ? (files ?? '') : null,
    selfFixMaxLines,
    signals: signalsOf(owed, plan.name),
  };
}

/** What was found or refused before, and where the work of an earlier try is, for who comes next. */
function wordsBefore({ store, runs }: PlansDeps, plan: PlanRow, owed: Spawn): string | null {
  const { task, before, refused } = store.read((sql) => {
    const first = roundOfBeginning(sql, plan.key);
    const before = planRuns(sql, plan.key).findLast(
      (run) => run.role === owed.role && run.task === owed.task && run.round >= first,
    );
    const said = before && { planKey: plan.key, runId: before.runId, status: 'failed' as const };
    return {
      task: planTasks(sql, plan.key).find(({ number }) => number === owed.task),
      before,
      refused: said && before.state !== 'signaled' ? lastSignalOfRun(sql, said)?.reason : undefined,
    };
  });
  const row = before === undefined || owed.task === null ? null : runs.row(before.runId);
  const found = task?.reason ?? plan.feedback;
  const earlier =
    row?.branch == null
      ? null
      : `An earlier try left its work on the branch ${row.branch}, and what it had not committed in ${row.worktree}: take over what is good of it.`;
  const words = [
    found,
    refused === undefined ? null : `What the ${owed.role} before you said was refused: ${refused}`,
    earlier,
  ].filter((text) => text !== null);
  return words.length === 0 ? null : words.join('\n\n');
}

/** Where the work is that does not fit, for who is to bring both together. */
function conflictWords({ store, runs }: PlansDeps, plan: PlanRow, task: { readonly number: number }): string {
  const made = store.read((sql) => planRuns(sql, plan.key)).filter((run) => run.task === task.number);
  const last = made.at(-1);
  const { branch = null, worktree = null } = (last === undefined ? null : runs.row(last.runId)) ?? {};
  return branch === null
    ? `The work of task ${task.number} conflicts with the branch of the plan.`
    : `The work of task ${task.number} is on the branch ${branch}. Merge that branch into the one that is checked out here, resolve the conflicts so that both sides keep what they were for, and commit. What its coder left uncommitted stands in ${worktree}: bring over what belongs to the task.`;
}

function labelOf(plan: PlanRow, { role, wave, task, attempt }: Spawn): string {
  const what = task === null ? role : `w${wave}-t${task}-${role}`;
  return `${plan.name} ${what}${attempt > 1 ? ` ${attempt}` : ''}`;
}
