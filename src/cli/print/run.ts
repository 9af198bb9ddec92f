import { type Run, waitsOnLimit } from '../../contract/index.ts';
import { escapeControls, escapeLine } from './escape.ts';
import { nextStep } from './next-step.ts';
import { formatAge, formatSpan } from './span.ts';
import type { Style } from './style.ts';
import { formatTable } from './table.ts';
import { formatCost, formatCount } from './usage.ts';

/** Runs as a table, in the order given. */
export function formatRuns(runs: readonly Run[], now: number, style: Style): string {
  if (runs.length === 0) return 'no runs\n';
  const table = formatTable(
    [
      { heading: 'ID' },
      { heading: 'STATUS' },
      { heading: 'AGENT', maxWidth: 16 },
      { heading: 'REPO', maxWidth: 20 },
      { heading: 'AGE' },
      { heading: 'TIME' },
      { heading: 'PROMPT', maxWidth: 60 },
    ],
    runs.map((run) => [
      run.id,
      run.status,
      escapeLine(run.agent),
      escapeLine(run.repo?.project ?? '-'),
      formatAge(run.created_at, now),
      timeOf(run, now),
      escapeLine(run.name === null ? promptOf(run) : `[${run.name}] ${promptOf(run)}`),
    ]),
    (text, _row, column) => (column === 1 ? paintStatus(text, style) : text),
  );
  return table + [...whyNotAtWork(runs), ...whatToRetry(runs)].map((line) => style.dim(`${line}\n`)).join('');
}

/** Each reason for which a run of the list does not start yet, or does not go on yet by itself, once. */
function whyNotAtWork(runs: readonly Run[]): string[] {
  const lines = runs.flatMap(({ status, waiting_on, reason }) =>
    reason !== null && (status === 'queued' || waiting_on === waitsOnLimit)
      ? [`${status}: ${escapeLine(reason)}`]
      : [],
  );
  return [...new Set(lines)].map((line) => `${lines.filter((other) => other === line).length} ${line}`);
}

/** A run that was interrupted never starts again by itself. */
function whatToRetry(runs: readonly Run[]): string[] {
  const retried = new Set(runs.map((run) => run.retry_of));
  const left = runs.filter((run) => run.status === 'interrupted' && !retried.has(run.id));
  return left.length === 0 ? [] : [`${left.length} interrupted: go on with: drover runs retry ID`];
}

/** Everything about one run that a person asks for. */
export function formatRun(run: Run, now: number, style: Style): string {
  const rows: readonly (readonly [string, string | null])[] = [
    ['run', run.id],
    ['status', paintStatus(run.status, style) + (run.reason === null ? '' : ` (${escapeLine(run.reason)})`)],
    ['waits for', run.waiting_on],
    ['name', run.name],
    ['label', run.label],
    ['agent', `${run.agent} (${run.runtime})`],
    ['model', run.model],
    ['repo', run.repo?.project ?? 'none: a scratch folder'],
    ['worktree', run.worktree],
    ['branch', run.branch],
    ['base', run.base_commit],
    ['session', run.session_id],
    ['retry of', run.retry_of],
    ['created', `${run.created_at} (${formatAge(run.created_at, now)})`],
    ['time', timeOf(run, now)],
    ['exit code', run.exit_code === null ? null : String(run.exit_code)],
    ['signal', run.signal],
    ['tokens', tokensOf(run)],
    ['cost', withLimit(run.cost_usd, run.max_cost_usd, formatCost)],
    ['error', run.error === null ? null : `${run.error.message} (${run.error.code})`],
    ['hint', nextStep(run)],
  ];
  const head = rows
    .filter((row): row is readonly [string, string] => row[1] !== null)
    .map(([name, value]) => `${`${name}:`.padEnd(11)}${name === 'status' ? value : escapeLine(value)}\n`)
    .join('');
  const result = run.result === null ? '' : `\n${ensureNewline(escapeControls(run.result))}`;
  return `${head}\n${style.bold('prompt')}\n${ensureNewline(escapeControls(promptOf(run)))}${result}`;
}

/** The last line of a followed run, and one more where something can be done about it. */
export function formatOutcome(run: Run, style: Style): string {
  const code = run.exit_code !== null && run.exit_code !== 0 ? `, exit code ${run.exit_code}` : '';
  const signal = run.signal === null ? '' : `, signal ${escapeLine(run.signal)}`;
  const why = run.error?.message ?? run.reason;
  const reason = why === null ? '' : `: ${escapeLine(why)}`;
  const branch = run.branch === null ? '' : `; branch ${escapeLine(run.branch)}`;
  const next = nextStep(run);
  const hint = next === null ? '' : `hint: ${next}\n`;
  return `${run.id} ${paintStatus(run.status, style)}${code}${signal}${reason}${branch}\n${hint}`;
}

function tokensOf({ usage, max_tokens: limit }: Run): string | null {
  const { input_tokens: input = 0, output_tokens: output = 0 } = usage ?? {};
  return withLimit(input + output === 0 ? null : input + output, limit, formatCount);
}

function withLimit(used: number | null, limit: number | null | undefined, format: (n: number) => string) {
  if (limit == null) return used === null ? null : format(used); // an older daemon has no limits
  return `${used === null ? 'none told' : format(used)} of ${format(limit)}`;
}

/** What a run was asked: its prompt, or its command. */
export function promptOf(run: Run): string {
  return run.command === null ? (run.prompt ?? '') : run.command.join(' ');
}

function timeOf(run: Run, now: number): string {
  if (run.started_at === null) return '-';
  const end = run.ended_at === null ? now : Date.parse(run.ended_at);
  return formatSpan(end - Date.parse(run.started_at));
}

/** The status of a run in its colour. */
export function paintStatus(status: string, style: Style): string {
  if (status === 'succeeded') return style.green(status);
  if (status === 'failed' || status === 'interrupted') return style.red(status);
  if (status === 'waiting' || status === 'canceled') return style.yellow(status);
  return status === 'running' ? style.cyan(status) : status;
}

/** `text` with exactly the line feed at its end that a terminal needs. */
export function ensureNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
