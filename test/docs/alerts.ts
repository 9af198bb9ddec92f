/** What makes each alert of docs/prometheus/alerts.yml fire: series as promtool writes them, every minute. */
type Case = {
  readonly series: readonly (readonly [series: string, values: string])[];
  /** When to look. */
  readonly at: string;
};

const of = (name: string, labels = '') => `${name}{job="drover",instance="host"${labels}}`;

/** A case for every alert: a test says when one is missing. */
export const alertCases: Readonly<Record<string, Case>> = {
  DroverDown: { series: [[of('up'), '0x10']], at: '3m' },
  DroverNotReady: { series: [[of('drover_ready'), '0x10']], at: '6m' },
  DroverRestartsOften: { series: [[of('process_start_time_seconds'), '100 200 300 400']], at: '4m' },
  DroverApprovalsWaitLong: {
    series: [[of('drover_approvals_oldest_age_seconds'), '3500+60x10']],
    at: '5m',
  },
  DroverPlanWaitsLong: {
    series: [[of('drover_plans_blocked_oldest_age_seconds'), '14350+60x10']],
    at: '5m',
  },
  DroverQueueStuck: {
    series: [
      [of('drover_queue_oldest_age_seconds'), '301+60x20'],
      [of('drover_runs', ',status="queued"'), '2x20'],
      [of('drover_runs', ',status="starting"'), '0x20'],
      [of('drover_runs', ',status="running"'), '0x20'],
      [of('drover_runs', ',status="waiting"'), '0x20'],
    ],
    at: '10m',
  },
  DroverQueueSlow: { series: [[of('drover_queue_oldest_age_seconds'), '7201x5']], at: '2m' },
  DroverRunsInterrupted: {
    series: [[of('drover_runs_finished_total', ',status="interrupted",runtime="acp"'), '0 0 1 1 1']],
    at: '4m',
  },
  DroverDiskNearlyFull: {
    series: [
      [of('drover_state_avail_bytes'), '2000000000x20'],
      [of('drover_state_size_bytes'), '100000000000x20'],
    ],
    at: '15m',
  },
  DroverDiskFullInADay: {
    series: [[of('drover_state_avail_bytes'), '10000000000-10000000x400']],
    at: '300m',
  },
  DroverWritesFail: { series: [[of('drover_store_write_failures_total'), '0 0 3 3']], at: '3m' },
  DroverLogLinesLost: { series: [[of('drover_log_lines_dropped_total'), '0 0 3 3']], at: '3m' },
  DroverWriteAheadLogGrows: { series: [[of('drover_store_wal_bytes'), '300000000x20']], at: '16m' },
  DroverStoreGrows: { series: [[of('drover_store_bytes'), '6000000000x5']], at: '2m' },
  DroverLogGrows: { series: [[of('drover_log_bytes'), '2000000000x5']], at: '2m' },
  DroverRunOutputGrows: { series: [[of('drover_run_output_bytes'), '30000000000x5']], at: '2m' },
  DroverRetentionStopped: {
    series: [
      [of('drover_retention_last_success_timestamp_seconds'), '0x300'],
      [of('drover_uptime_seconds'), '0+60x300'],
    ],
    at: '200m',
  },
  DroverEventLoopLags: { series: [[of('drover_event_loop_lag_p99_seconds'), '0.7x20']], at: '11m' },
  DroverReloadFailed: { series: [[of('drover_config_last_reload_successful'), '1 0 0']], at: '2m' },
  DroverWarnings: { series: [[of('drover_warnings'), '1x70']], at: '61m' },
  DroverRepositoryMissing: { series: [[of('drover_repos_missing'), '1x70']], at: '61m' },
  DroverFileDescriptorsRunOut: {
    series: [
      [of('process_open_fds'), '900x10'],
      [of('process_max_fds'), '1000x10'],
    ],
    at: '6m',
  },
  DroverServerErrors: {
    series: [[of('drover_http_requests_total', ',code="5xx",method="GET",route="/v1/runs"'), '0+60x30']],
    at: '25m',
  },
};

/** What a healthy daemon shows: no alert may fire on it. */
export const healthySeries: readonly (readonly [series: string, values: string])[] = [
  [of('up'), '1x500'],
  [of('drover_ready'), '1x500'],
  [of('process_start_time_seconds'), '100x500'],
  [of('drover_approvals_oldest_age_seconds'), '600x500'],
  [of('drover_plans_blocked_oldest_age_seconds'), '3600x500'],
  [of('drover_queue_oldest_age_seconds'), '400x500'],
  [of('drover_runs', ',status="running"'), '4x500'],
  [of('drover_runs_finished_total', ',status="interrupted",runtime="acp"'), '3x500'],
  [of('drover_state_avail_bytes'), '50000000000x500'],
  [of('drover_state_size_bytes'), '100000000000x500'],
  [of('drover_store_write_failures_total'), '0x500'],
  [of('drover_log_lines_dropped_total'), '0x500'],
  [of('drover_store_wal_bytes'), '8000000x500'],
  [of('drover_store_bytes'), '100000000x500'],
  [of('drover_log_bytes'), '50000000x500'],
  [of('drover_run_output_bytes'), '5000000000x500'],
  [of('drover_retention_last_success_timestamp_seconds'), '0+60x500'],
  [of('drover_uptime_seconds'), '0+60x500'],
  [of('drover_event_loop_lag_p99_seconds'), '0.02x500'],
  [of('drover_config_last_reload_successful'), '1x500'],
  [of('drover_warnings'), '0x500'],
  [of('drover_repos_missing'), '0x500'],
  [of('process_open_fds'), '30x500'],
  [of('process_max_fds'), '1000x500'],
  [of('drover_http_requests_total', ',code="5xx",method="GET",route="/v1/runs"'), '0x500'],
];
