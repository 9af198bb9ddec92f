import { type MetricFamily, metricFamilies } from '../../src/contract/index.ts';
import { generated, markdownTable } from './markdown.ts';

/** docs/metrics.md: every family of figures. */
export function metricsPage(): string {
  const families: [string, MetricFamily][] = Object.entries(metricFamilies);
  return [
    generated,
    '# Metrics\n\n',
    'What `GET /metrics` shows, in the text format of Prometheus; it needs any valid token, over the socket none. `GET /v1/metrics` answers the figures without labels as JSON: the name without `drover_`, then `runs_<status>`, `plans_<status>` and `runs_finished_<status>_total`, and each live run. Those keys stay.\n\n',
    'Counters and histograms begin at 0 when the daemon starts, as Prometheus expects: `rate()` and `increase()` see the restart. What the store knows (runs that have not ended, approvals, plans, sizes, the journal) is read at each scrape and goes on where it was. No label holds an id, so the number of series does not grow with the number of runs. How to scrape, and alerts to begin with: [running it for years](running.md#metrics).\n\n',
    markdownTable(
      ['Name', 'Type', 'Labels', ''],
      families.map(([name, { type, help, labels = [] }]) => [
        `\`${name}\``,
        type,
        labels.map((label) => `\`${label}\``).join(', '),
        help,
      ]),
    ),
  ].join('');
}
