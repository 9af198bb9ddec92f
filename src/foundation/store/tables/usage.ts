import type { Sql, SqlRow, SqlValue } from '../sql.ts';

/** What was used up. Without a cost where no agent told one. */
export type Spent = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
};

/** One line of a report: who or what used it up. `runs` where the runs themselves were counted. */
export type SpentBy = Spent & {
  readonly key: string;
  readonly label: string | null;
  readonly runs: number | null;
};

/** What a report is about; days as `YYYY-MM-DD`, instants in milliseconds, both ends included. */
export type SpentQuery<Range> = {
  readonly since: Range | null;
  readonly until: Range | null;
  readonly limit: number;
};

/** Adds what a run used up since it was last asked to a local day, its repository and its agent. */
export function addUsageOfDay(
  sql: Sql,
  {
    day,
    repoId,
    agent,
    ...more
  }: Spent & { readonly day: string; readonly repoId: string | null; readonly agent: string },
): void {
  sql.run(
    `INSERT INTO usage_days (day, repo_id, agent, input_tokens, output_tokens, cost_usd) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (day, repo_id, agent) DO UPDATE SET
       input_tokens = input_tokens + excluded.input_tokens,
       output_tokens = output_tokens + excluded.output_tokens,
       cost_usd = cost_usd + excluded.cost_usd`,
    day,
    repoId ?? '',
    agent,
    more.inputTokens,
    more.outputTokens,
    more.costUsd ?? 0,
  );
}

/** What all runs used up on a local day. */
export function usageOfDay(sql: Sql, day: string): Spent {
  const row = sql.get(
    `SELECT coalesce(sum(input_tokens), 0) AS input, coalesce(sum(output_tokens), 0) AS output,
       coalesce(sum(cost_usd), 0) AS cost FROM usage_days WHERE day = ?`,
    day,
  );
  return spentOf(row ?? { input: 0, output: 0, cost: 0 });
}

/** Columns of `usage_days` that a report may be by, and how its lines are ordered: days from the last, others by their tokens. */
const byColumn = {
  day: { key: 'u.day', label: 'NULL', order: 'u.day DESC' },
  repo: {
    key: 'u.repo_id',
    label: 'r.project',
    order: 'sum(u.input_tokens + u.output_tokens) DESC, u.repo_id',
  },
  agent: { key: 'u.agent', label: 'NULL', order: 'sum(u.input_tokens + u.output_tokens) DESC, u.agent' },
} as const;

/** By day, repository or agent: also of runs that retention has removed. */
export function usageByDays(
  sql: Sql,
  by: keyof typeof byColumn,
  { since, until, limit }: SpentQuery<string>,
): readonly SpentBy[] {
  const { key, label, order } = byColumn[by];
  return sql
    .all(
      `SELECT ${key} AS key, ${label} AS label, NULL AS runs, sum(u.input_tokens) AS input,
         sum(u.output_tokens) AS output, sum(u.cost_usd) AS cost
       FROM usage_days u LEFT JOIN repos r ON r.id = u.repo_id
       WHERE u.day >= ? AND u.day <= ? GROUP BY ${key} ORDER BY ${order} LIMIT ?`,
      since ?? '',
      until ?? '9999-12-31',
      limitOf(limit),
    )
    .map(spentByOf);
}

/** By run or session: of the runs that are kept, by when they were asked for, newest first. */
export function usageByRuns(
  sql: Sql,
  by: 'run' | 'session',
  { since, until, limit }: SpentQuery<number>,
): readonly SpentBy[] {
  const column = by === 'run' ? 'id' : 'session_id';
  return sql
    .all(
      `SELECT ${column} AS key, coalesce(name, label, prompt) AS label, count(*) AS runs, max(key) AS newest,
         sum(coalesce(json_extract(usage, '$.input_tokens'), 0)) AS input,
         sum(coalesce(json_extract(usage, '$.output_tokens'), 0)) AS output, sum(cost_usd) AS cost
       FROM runs WHERE ${column} IS NOT NULL AND (usage IS NOT NULL OR cost_usd IS NOT NULL)
         AND created_at >= ? AND created_at <= ?
       GROUP BY ${column} ORDER BY newest DESC LIMIT ?`,
      since ?? 0,
      until ?? Number.MAX_SAFE_INTEGER,
      limitOf(limit),
    )
    .map(spentByOf);
}

/** What the runs of a session that came before this one used up, as far as they are kept. */
export function usageOfSessionBefore(sql: Sql, sessionId: string, runKey: number): Spent {
  const row = sql.get(
    `SELECT coalesce(sum(json_extract(usage, '$.input_tokens')), 0) AS input,
       coalesce(sum(json_extract(usage, '$.output_tokens')), 0) AS output, sum(cost_usd) AS cost
     FROM runs WHERE session_id = ? AND key < ?`,
    sessionId,
    runKey,
  );
  return spentOf(row ?? { input: 0, output: 0, cost: null });
}

function limitOf(limit: number): SqlValue {
  return limit === 0 ? -1 : limit;
}

function spentByOf(row: SqlRow): SpentBy {
  return {
    key: String(row.key),
    label: row.label as string | null,
    runs: row.runs as number | null,
    ...spentOf(row),
  };
}

/** A sum of 0 is that of agents which tell no cost. */
function spentOf({ input, output, cost }: SqlRow): Spent {
  return {
    inputTokens: Number(input),
    outputTokens: Number(output),
    costUsd: Number(cost) > 0 ? Number(cost) : null,
  };
}
