/** A family of figures as Prometheus knows it. */
export type MetricFamily = {
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** One sentence without a full stop, with the unit where the name has none. */
  readonly help: string;
  readonly labels?: readonly string[];
};

/**
 * Every figure of `GET /metrics`, in the order in which a scrape shows them. Names follow Prometheus: base units, `_total`
 * for what only grows; those that every process has keep the names that every dashboard knows. Labels take few values
 * and never an id, so that years of runs are not years of series.
 */
export const metricFamilies = {
  drover_build_info: {
    type: 'gauge',
    help: 'Always 1; the labels say which drover and which Node.js',
    labels: ['version', 'node_version'],
  },
  drover_ready: {
    type: 'gauge',
    help: '1 when recovery is done and the daemon is not draining, what /readyz says',
  },
  drover_uptime_seconds: { type: 'gauge', help: 'Time since this daemon started' },
  drover_warnings: { type: 'gauge', help: 'Warnings that drover status shows at present' },
  drover_runs: { type: 'gauge', help: 'Runs that have not ended, by status', labels: ['status'] },
  drover_runs_limit: { type: 'gauge', help: 'Runs that may be at work at the same time: max_parallel_runs' },
  drover_runs_finished_total: {
    type: 'counter',
    help: 'Runs that ended since this daemon started, by final status and runtime',
    labels: ['status', 'runtime'],
  },
  drover_run_duration_seconds: {
    type: 'histogram',
    help: 'Time from the start of a run to its end, of runs that ended since this daemon started',
    labels: ['runtime'],
  },
  drover_run_start_latency_seconds: {
    type: 'histogram',
    help: 'Time from the request to the agent at work, waiting in the queue included',
    labels: ['runtime'],
  },
  drover_queue_oldest_age_seconds: {
    type: 'gauge',
    help: 'How long the oldest queued run has waited; 0 when none is queued',
  },
  drover_approvals_pending: { type: 'gauge', help: 'Approvals that wait for a person' },
  drover_approvals_oldest_age_seconds: {
    type: 'gauge',
    help: 'How long the oldest pending approval has waited; 0 when none is pending',
  },
  drover_plans: { type: 'gauge', help: 'Plans at work, by status', labels: ['status'] },
  drover_plans_blocked: { type: 'gauge', help: 'Plans at work that wait for the decision of a person' },
  drover_plans_blocked_oldest_age_seconds: {
    type: 'gauge',
    help: 'How long the plan that waits longest for a decision has waited; 0 when none waits',
  },
  drover_plan_actions_dead: {
    type: 'gauge',
    help: 'What plans owe and was given up after its last try, until somebody retries it',
  },
  drover_repos: { type: 'gauge', help: 'Registered repositories' },
  drover_repos_missing: { type: 'gauge', help: 'Registered repositories whose folder is gone' },
  drover_journal_last_seq: { type: 'gauge', help: 'Number of the last event in the journal' },
  drover_store_bytes: { type: 'gauge', help: 'Size of drover.db' },
  drover_store_wal_bytes: {
    type: 'gauge',
    help: 'Size of drover.db-wal, which a checkpoint lets begin anew',
  },
  drover_store_write_failures_total: {
    type: 'counter',
    help: 'Transactions that the disk refused since this daemon started',
  },
  drover_run_output_bytes: {
    type: 'gauge',
    help: 'Output that ended runs keep, as the last retention sweep counted it',
  },
  drover_retention_removed_runs_total: {
    type: 'counter',
    help: 'Runs that retention removed since this daemon started',
  },
  drover_retention_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When retention last looked at every ended run, as Unix time; 0 before the first time',
  },
  drover_log_bytes: { type: 'gauge', help: 'Size of the log files of the daemon together' },
  drover_log_lines_dropped_total: {
    type: 'counter',
    help: 'Log lines that could not be written since this daemon started',
  },
  drover_state_avail_bytes: {
    type: 'gauge',
    help: 'Space that this user may still fill on the file system of the state root',
  },
  drover_state_size_bytes: { type: 'gauge', help: 'Size of the file system of the state root' },
  drover_config_last_reload_successful: {
    type: 'gauge',
    help: '1 when the last start or reload took the configuration, 0 when it was refused',
  },
  drover_config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When a start or a reload last took the configuration, as Unix time',
  },
  drover_config_reload_failures_total: {
    type: 'counter',
    help: 'Reloads that were refused since this daemon started',
  },
  drover_http_requests_total: {
    type: 'counter',
    help: 'Answered requests by route and class of status; route none: refused before the router, or not found',
    labels: ['method', 'route', 'code'],
  },
  drover_http_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the head of a request to the end of its answer, event streams left out',
    labels: ['method', 'route'],
  },
  drover_http_connections: { type: 'gauge', help: 'Open connections that are no event streams' },
  drover_http_event_streams: { type: 'gauge', help: 'Open event streams' },
  drover_event_loop_lag_p50_seconds: {
    type: 'gauge',
    help: 'Median lateness of the event loop over the last one to two minutes',
  },
  drover_event_loop_lag_p99_seconds: {
    type: 'gauge',
    help: '99th percentile of the lateness of the event loop over the last one to two minutes',
  },
  drover_event_loop_lag_max_seconds: {
    type: 'gauge',
    help: 'Greatest lateness of the event loop in the last one to two minutes',
  },
  process_cpu_seconds_total: { type: 'counter', help: 'CPU time of the daemon, user and system' },
  process_resident_memory_bytes: { type: 'gauge', help: 'Resident memory of the daemon' },
  process_start_time_seconds: { type: 'gauge', help: 'When this daemon started, as Unix time' },
  process_open_fds: { type: 'gauge', help: 'Open file descriptors of the daemon' },
  process_max_fds: {
    type: 'gauge',
    help: 'File descriptors that the daemon may have; missing where there is no limit',
  },
} as const satisfies Record<string, MetricFamily>;

export type MetricName = keyof typeof metricFamilies;
