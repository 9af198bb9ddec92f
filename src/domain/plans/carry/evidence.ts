import { createHash } from 'node:crypto';
import {
  type ActionRow,
  findPlanRun,
  finishAction,
  getAction,
  getPlan,
  insertEvidence,
  type PlanRunRow,
  planTasks,
  setPlanRunState,
  type Transaction,
} from '../../../foundation/store/index.ts';
import { blockPlan, ofPlan, owe } from '../change.ts';
import { isWanted } from '../owed.ts';
import type { PlansDeps } from '../ports.ts';
import { toState } from '../rows.ts';
import type { Owed } from '../state.ts';
import { blockMoved, ensureBranch } from './branch.ts';
import { startOwedRun } from './start-run.ts';

type Evidence = Extract<Owed, { readonly kind: 'evidence' }>;

const maxOutputBytes = 256 * 1024;
const maxKeptChars = 8000;
/** How the first line of the script begins, which says what it is made of. */
const commandsMark = '# ';
/** Instead of what stood before the end that is read. */
const outOfReach = '(what came after it was longer than what is read; the log of the run has all of it)';

/** Starts the repository's own commands at the plan's branch; who judges is started when they have ended. */
export async function carryEvidence(deps: PlansDeps, action: ActionRow, owed: Evidence): Promise<void> {
  const { store, work } = deps;
  const settings = await deps.settingsOf(action.repoId);
  const plan = await ensureBranch(
    deps,
    store.read((sql) => getPlan(sql, action.planKey)),
  );
  const head = plan.headCommit ?? '';
  const now = await work.branchHead(plan.repoId, plan.branch);
  if (now !== head) {
    await store.write((tx) => blockMoved(tx, getPlan(tx, plan.key), now));
    return;
  }
  if (settings.verify.length === 0) {
    await store.write((tx) => {
      if (!finishAction(tx, action.key, tx.now)) return;
      tx.event({ type: 'action.done', data: { key: action.key, kind: action.kind }, ...ofPlan(plan) });
      oweJudge(tx, plan.key, owed.round);
    });
    return;
  }
  await startOwedRun(deps, action, {
    plan,
    request: {
      command: ['/bin/sh', '-c', scriptOf(settings.verify, markOf(action.key))],
      agent: 'command',
      repo: plan.repoId,
      base: head,
      worktree: true,
      run_label: `${plan.name} evidence`,
    },
    as: {
      role: 'evidence',
      round: owed.round,
      wave: null,
      task: null,
      attempt: 1,
      baseCommit: head,
      state: 'open',
    },
  });
}

/** Stores what the commands said, and starts who judges. */
export async function keepEvidence({ store, runs }: PlansDeps, run: PlanRunRow): Promise<void> {
  const row = runs.row(run.runId);
  const output = row === null ? '' : await runs.outputOf(row, maxOutputBytes);
  const results = resultsOf(output, markOf(run.actionKey), commandsOf(row?.command?.at(-1)));
  await store.write((tx) => {
    if (findPlanRun(tx, run.runId)?.state !== 'open') return;
    setPlanRunState(tx, run.runId, 'closed');
    const plan = getPlan(tx, run.planKey);
    const { stage } = getAction(tx, run.actionKey).data as Evidence;
    for (const { command, exitCode, text } of results) {
      insertEvidence(tx, {
        planKey: plan.key,
        round: run.round,
        stage,
        runId: run.runId,
        command,
        commitId: run.baseCommit ?? '',
        exitCode,
        output: text.slice(-maxKeptChars),
        at: tx.now,
      });
    }
    const why =
      row === null
        ? 'is gone, with its output'
        : row.status === 'canceled'
          ? `was cancelled: ${row.reason}`
          : null;
    if (why !== null && plan.round === run.round)
      return blockPlan(tx, plan.key, `the run of the [verify] commands ${why}`);
    oweJudge(tx, plan.key, run.round);
  });
}

function oweJudge(tx: Transaction, planKey: number, round: number): void {
  const plan = getPlan(tx, planKey);
  const role = plan.status === 'verifying' ? 'verifier' : 'reviewer';
  const spawn: Owed = { kind: 'spawn', role, round, wave: null, task: null, attempt: 1 };
  if (isWanted(toState(plan, planTasks(tx, planKey)), spawn)) owe(tx, plan, [spawn]);
}

/** What nobody's output holds by chance. */
function markOf(actionKey: string): string {
  return `drover-evidence-${createHash('sha256').update(actionKey).digest('hex').slice(0, 24)}`;
}

/**
 * Each command by a shell of its own, all of them whatever becomes of one. A mark behind each output tells where it ends;
 * the exit codes stand on the last line, where what was tested cannot write them, and which is read however long the rest.
 */
function scriptOf(commands: readonly string[], mark: string): string {
  const each = commands.map(
    (command, index) =>
      `/bin/sh -c ${quote(command)} 2>&1 </dev/null; codes="$codes $?"; printf '\\n%s %s\\n' '${mark}' '${index}'`,
  );
  return [
    `${commandsMark}${JSON.stringify(commands)}`,
    "codes=''",
    ...each,
    `printf '%s all%s\\n' '${mark}' "$codes"`,
  ].join('\n');
}

/** The commands of a script: those that the settings have by now may be others. */
function commandsOf(script: string | undefined): readonly string[] {
  const [first = ''] = (script ?? '').split('\n', 1);
  return first.startsWith(commandsMark) ? (JSON.parse(first.slice(commandsMark.length)) as string[]) : [];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function resultsOf(output: string, mark: string, commands: readonly string[]) {
  const ends = [...output.matchAll(new RegExp(`^${mark} (\\d+)$`, 'gm'))];
  const codes = new RegExp(`\\n${mark} all((?: \\d+)+)\\n$`).exec(output)?.[1]?.trim().split(' ') ?? [];
  let from = 0;
  return commands.map((command, index) => {
    const end = ends.find(([, at]) => Number(at) === index);
    const code = codes[index];
    const isBefore = end === undefined && code !== undefined;
    const text = isBefore ? outOfReach : output.slice(from, end?.index ?? output.length).trim();
    if (end !== undefined) from = end.index + end[0].length;
    return { command, exitCode: code === undefined ? null : Number(code), text };
  });
}
