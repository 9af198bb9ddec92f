import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDescriptors, type LoopLag } from '../../base/index.ts';
import type { MetricName } from '../../contract/index.ts';
import { liveFigures, pendingFigures, planFigures } from '../../foundation/store/index.ts';
import type { MetricSample, RouteFigures, Services } from '../../http/index.ts';
import type { RunFigures } from '../run-meter.ts';
import type { StatusDeps } from './status.ts';

/** How the configuration was taken. */
export type ReloadFigures = {
  readonly isLastGood: boolean;
  readonly failures: number;
  readonly lastSuccessAt: number;
};

/** What retention found and did. */
export type RetentionFigures = { readonly outputBytes: number; readonly lastSuccessAt: number };

export type MetricsDeps = StatusDeps & {
  readonly loopLag: () => LoopLag;
  readonly runFigures: () => RunFigures;
  readonly requests: () => readonly RouteFigures[];
  readonly connections: () => { readonly connections: number; readonly streams: number };
  readonly reloads: () => ReloadFigures;
  readonly retention: () => RetentionFigures;
  readonly droppedLogLines: () => number;
  readonly maxRuns: () => number;
};

type Values = Partial<Record<MetricName, MetricSample['value']>>;

/** The figures of the moment: those of Prometheus, and those without labels for `/v1/metrics`. */
export async function describeMetrics(
  deps: MetricsDeps,
): Promise<Pick<Awaited<ReturnType<Services['metrics']>>, 'samples' | 'metrics'>> {
  const values: Values = {
    ...daemonFigures(deps),
    ...workFigures(deps),
    ...storageFigures(deps),
    ...(await diskFigures(deps)),
    ...(await repoFigures(deps)),
    ...processFigures(deps),
  };
  const plain = Object.entries(values).map(
    ([name, value]): MetricSample => ({ name: name as MetricName, value }),
  );
  const samples = [...plain, ...labelled(deps)];
  return { samples, metrics: flatten(samples) };
}

function daemonFigures({
  instance,
  clock,
  phase,
  warnings,
  loopLag,
  reloads,
  connections,
}: MetricsDeps): Values {
  const lag = loopLag();
  const { isLastGood, failures, lastSuccessAt } = reloads();
  const counts = connections();
  return {
    drover_ready: Number(phase() === 'ready'),
    drover_uptime_seconds: (clock.monotonic() - instance.startedMonotonic) / 1000,
    drover_warnings: warnings.list().length,
    drover_config_last_reload_successful: Number(isLastGood),
    drover_config_last_reload_success_timestamp_seconds: lastSuccessAt / 1000,
    drover_config_reload_failures_total: failures,
    drover_http_connections: counts.connections,
    drover_http_event_streams: counts.streams,
    drover_event_loop_lag_p50_seconds: lag.p50,
    drover_event_loop_lag_p99_seconds: lag.p99,
    drover_event_loop_lag_max_seconds: lag.max,
  };
}

function workFigures({ store, clock, maxRuns }: MetricsDeps): Values {
  const oldestQueuedAt = store.read(liveFigures).get('queued')?.oldestAt ?? null;
  const pending = store.read(pendingFigures);
  const plans = store.read(planFigures);
  const age = (at: number | null) => (at === null ? 0 : Math.max(0, clock.now() - at) / 1000);
  return {
    drover_runs_limit: maxRuns(),
    drover_queue_oldest_age_seconds: age(oldestQueuedAt),
    drover_approvals_pending: pending.count,
    drover_approvals_oldest_age_seconds: age(pending.oldestAt),
    drover_plans_blocked: plans.blocked,
    drover_plans_blocked_oldest_age_seconds: age(plans.blockedSince),
    drover_plan_actions_dead: plans.deadActions,
  };
}

function storageFigures({ store, retention, runFigures, droppedLogLines }: MetricsDeps): Values {
  const { bytes, walBytes, failedTransactions } = store.figures();
  const { outputBytes, lastSuccessAt } = retention();
  return {
    drover_journal_last_seq: store.lastSeq(),
    drover_store_bytes: bytes,
    drover_store_wal_bytes: walBytes,
    drover_store_write_failures_total: failedTransactions,
    drover_run_output_bytes: outputBytes,
    drover_retention_removed_runs_total: runFigures().removed,
    drover_retention_last_success_timestamp_seconds: lastSuccessAt / 1000,
    drover_log_lines_dropped_total: droppedLogLines(),
  };
}

async function diskFigures({ paths }: MetricsDeps): Promise<Values> {
  const { bavail, blocks, bsize } = await statfs(paths.stateRoot);
  return {
    drover_state_avail_bytes: bavail * bsize,
    drover_state_size_bytes: blocks * bsize,
    drover_log_bytes: await bytesIn(paths.logs),
  };
}

/** Files that come and go meanwhile count or do not. */
async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []); // nothing was logged yet
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      (info) => info.size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function repoFigures({ repos }: MetricsDeps): Promise<Values> {
  const { items } = await repos.list({ limit: 0, cursor: undefined });
  return { drover_repos: items.length, drover_repos_missing: items.filter(({ missing }) => missing).length };
}

function processFigures({ instance }: MetricsDeps): Values {
  const { user, system } = process.cpuUsage();
  const { open, limit } = fileDescriptors();
  return {
    process_cpu_seconds_total: (user + system) / 1e6,
    process_resident_memory_bytes: process.memoryUsage.rss(),
    process_start_time_seconds: instance.startedAt / 1000,
    process_open_fds: open,
    ...(Number.isFinite(limit) ? { process_max_fds: limit } : {}),
  };
}

function labelled({ instance, store, runFigures, requests }: MetricsDeps): MetricSample[] {
  const live = store.read(liveFigures);
  const { atWork } = store.read(planFigures);
  const { finished, durations, starts } = runFigures();
  return [
    {
      name: 'drover_build_info',
      labels: { version: instance.version, node_version: process.version },
      value: 1,
    },
    ...(['queued', 'starting', 'running', 'waiting'] as const).map((status): MetricSample => {
      return { name: 'drover_runs', labels: { status }, value: live.get(status)?.count ?? 0 };
    }),
    ...(['planning', 'implementing', 'reviewing', 'verifying'] as const).map((status): MetricSample => {
      return { name: 'drover_plans', labels: { status }, value: atWork.get(status) ?? 0 };
    }),
    ...finished.map(({ status, runtime, count }): MetricSample => {
      return { name: 'drover_runs_finished_total', labels: { status, runtime }, value: count };
    }),
    ...[...durations].map(([runtime, value]): MetricSample => {
      return { name: 'drover_run_duration_seconds', labels: { runtime }, value };
    }),
    ...[...starts].map(([runtime, value]): MetricSample => {
      return { name: 'drover_run_start_latency_seconds', labels: { runtime }, value };
    }),
    ...requests().flatMap(requestSamples),
  ];
}

function requestSamples({ method, route, codes, duration }: RouteFigures): MetricSample[] {
  const labels = { method, route };
  const counts = Object.entries(codes).map(([code, value]): MetricSample => {
    return { name: 'drover_http_requests_total', labels: { ...labels, code }, value };
  });
  if (duration === null) return counts;
  return [...counts, { name: 'drover_http_request_duration_seconds', labels, value: duration }];
}

/** Keys stay for good: the name without its prefix, `runs_<status>`, `plans_<status>`, and `runs_finished_<status>_total` of all
 * runtimes. */
function flatten(samples: readonly MetricSample[]): Record<string, number> {
  const flat: Record<string, number> = {};
  for (const { name, labels, value } of samples) {
    if (typeof value !== 'number') continue;
    if (labels === undefined) flat[name.replace(/^drover_/, '')] = value;
    else if (name === 'drover_runs') flat[`runs_${labels.status}`] = value;
    else if (name === 'drover_plans') flat[`plans_${labels.status}`] = value;
    else if (name === 'drover_runs_finished_total') {
      const key = `runs_finished_${labels.status}_total`;
      flat[key] = (flat[key] ?? 0) + value;
    }
  }
  return flat;
}
