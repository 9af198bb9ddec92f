import { endOfLocalDay, startOfLocalDay } from '../../base/index.ts';
import type { UsageQuery, UsageReport } from '../../contract/index.ts';
import { type SpentBy, type Store, usageByDays, usageByRuns } from '../../foundation/store/index.ts';

/** A label is one line of a prompt at most. */
const maxLabelChars = 200;

/** What was used up between two local days, by whom or what. */
export function reportUsage(store: Store, { by, since, until, limit }: UsageQuery): UsageReport {
  const range = { since: since ?? null, until: until ?? null, limit };
  const lines = store.read((sql) =>
    by === 'run' || by === 'session'
      ? usageByRuns(sql, by, {
          since: since === undefined ? null : startOfLocalDay(since),
          until: until === undefined ? null : endOfLocalDay(until),
          limit,
        })
      : usageByDays(sql, by, range),
  );
  return { by, since: range.since, until: range.until, items: lines.map(viewLine) };
}

function viewLine({
  key,
  label,
  inputTokens,
  outputTokens,
  costUsd,
  runs,
}: SpentBy): UsageReport['items'][number] {
  return {
    key,
    label: label === null ? null : (label.split('\n')[0] ?? '').slice(0, maxLabelChars),
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cost_usd: costUsd,
    runs,
  };
}
