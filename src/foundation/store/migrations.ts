/**
 * The schema, one step per released version, never edited after a release: `PRAGMA user_version` counts the steps that
 * a database has seen. Times are milliseconds since the epoch; JSON is text.
 *
 * `runs.key` is a short local key: events carry it instead of the 30 characters of an id. Output events keep only
 * where their text stands in the run's own file.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE journal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    next_seq INTEGER NOT NULL
  ) STRICT;
  INSERT INTO journal (id, next_seq) VALUES (1, 1);

  CREATE TABLE repos (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    path_key TEXT NOT NULL UNIQUE,
    project TEXT NOT NULL UNIQUE,
    trusted_hash TEXT,
    added_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE runs (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    reason TEXT,
    agent TEXT NOT NULL,
    runtime TEXT NOT NULL,
    argv TEXT NOT NULL,
    agent_env TEXT NOT NULL,
    model TEXT,
    approval_mode TEXT NOT NULL,
    max_turns INTEGER,
    timeout_ms INTEGER NOT NULL,
    label TEXT,
    name TEXT,
    prompt TEXT NOT NULL,
    command TEXT,
    repo_id TEXT,
    project TEXT,
    in_place INTEGER NOT NULL,
    base TEXT,
    worktree TEXT,
    branch TEXT,
    base_commit TEXT,
    session_id TEXT,
    retry_of TEXT,
    token_hash TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    launched_by TEXT,
    pid INTEGER,
    exit_code INTEGER,
    signal TEXT,
    result TEXT,
    error_code TEXT,
    error_message TEXT,
    usage TEXT,
    cost_usd REAL,
    waiting_on TEXT,
    stop_kind TEXT,
    stop_reason TEXT,
    outcome TEXT,
    adapter_state TEXT,
    stdout_offset INTEGER NOT NULL DEFAULT 0,
    stderr_offset INTEGER NOT NULL DEFAULT 0,
    end_seq INTEGER
  ) STRICT;
  CREATE INDEX runs_live ON runs (key) WHERE ended_at IS NULL;
  CREATE INDEX runs_by_name ON runs (name, key) WHERE name IS NOT NULL;
  CREATE INDEX runs_by_repo ON runs (repo_id, key) WHERE repo_id IS NOT NULL;

  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    type TEXT NOT NULL,
    source TEXT NOT NULL,
    run_key INTEGER,
    repo_id TEXT,
    data TEXT,
    file_offset INTEGER,
    file_bytes INTEGER,
    partial INTEGER
  ) STRICT;
  CREATE INDEX events_by_run ON events (run_key, seq) WHERE run_key IS NOT NULL;

  CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    run_key INTEGER NOT NULL,
    agent_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    tool TEXT,
    input TEXT NOT NULL,
    options TEXT NOT NULL,
    status TEXT NOT NULL,
    default_decision TEXT,
    requested_at INTEGER NOT NULL,
    expires_at INTEGER,
    resolved_at INTEGER,
    resolved_by TEXT,
    reason TEXT
  ) STRICT;
  CREATE INDEX approvals_by_run ON approvals (run_key, id);
  CREATE INDEX approvals_pending ON approvals (id) WHERE status = 'pending';

  CREATE TABLE inputs (
    key INTEGER PRIMARY KEY,
    run_key INTEGER NOT NULL,
    input_key TEXT NOT NULL,
    line TEXT NOT NULL,
    replay TEXT NOT NULL,
    state TEXT NOT NULL,
    UNIQUE (run_key, input_key)
  ) STRICT;

  CREATE TABLE idempotency (
    key TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (key, method, path)
  ) STRICT;
  `,
  `
  CREATE INDEX idempotency_by_age ON idempotency (created_at);
  `,
  `
  ALTER TABLE runs ADD COLUMN max_cost_usd REAL;
  ALTER TABLE runs ADD COLUMN max_tokens INTEGER;
  ALTER TABLE runs ADD COLUMN place_of TEXT;
  ALTER TABLE runs ADD COLUMN resumes INTEGER;
  ALTER TABLE runs ADD COLUMN port_base INTEGER;
  ALTER TABLE runs ADD COLUMN port_count INTEGER;
  ALTER TABLE runs ADD COLUMN parked_until INTEGER;
  CREATE INDEX runs_by_session ON runs (session_id, key) WHERE session_id IS NOT NULL;
  CREATE INDEX runs_by_place ON runs (place_of) WHERE place_of IS NOT NULL;

  CREATE TABLE usage_days (
    day TEXT NOT NULL,
    repo_id TEXT NOT NULL,
    agent TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost_usd REAL NOT NULL,
    PRIMARY KEY (day, repo_id, agent)
  ) STRICT;
  `,
  `
  ALTER TABLE events ADD COLUMN plan_id TEXT;

  CREATE TABLE plans (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    repo_id TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    phase TEXT,
    round INTEGER NOT NULL,
    title TEXT NOT NULL,
    topic TEXT,
    content TEXT NOT NULL,
    branch TEXT NOT NULL,
    base TEXT NOT NULL,
    base_commit TEXT,
    head_commit TEXT,
    wave INTEGER NOT NULL,
    review_cycle INTEGER NOT NULL,
    verify_cycle INTEGER NOT NULL,
    feedback TEXT,
    progress_hash TEXT,
    guidance TEXT,
    blocked_reason TEXT,
    blocked_by TEXT,
    blocked_at INTEGER,
    is_forced INTEGER NOT NULL,
    review TEXT,
    verification TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (repo_id, name)
  ) STRICT;
  CREATE INDEX plans_active ON plans (repo_id, key) WHERE status NOT IN ('ready', 'done', 'cancelled');

  CREATE TABLE plan_tasks (
    plan_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    wave INTEGER NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    reason TEXT,
    commit_id TEXT,
    PRIMARY KEY (plan_key, number)
  ) STRICT;

  CREATE TABLE plan_runs (
    run_id TEXT PRIMARY KEY,
    plan_key INTEGER NOT NULL,
    action_key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    round INTEGER NOT NULL,
    wave INTEGER,
    task INTEGER,
    attempt INTEGER NOT NULL,
    base_commit TEXT,
    state TEXT NOT NULL,
    started_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX plan_runs_by_plan ON plan_runs (plan_key);
  CREATE INDEX plan_runs_open ON plan_runs (state) WHERE state IN ('open', 'asked');

  CREATE TABLE plan_evidence (
    key INTEGER PRIMARY KEY,
    plan_key INTEGER NOT NULL,
    round INTEGER NOT NULL,
    stage TEXT NOT NULL,
    run_id TEXT NOT NULL,
    command TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    exit_code INTEGER,
    output TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX plan_evidence_by_plan ON plan_evidence (plan_key, key);

  CREATE TABLE signals (
    id TEXT PRIMARY KEY,
    repo_id TEXT NOT NULL,
    plan_key INTEGER,
    plan_name TEXT NOT NULL,
    event TEXT NOT NULL,
    wave INTEGER,
    task INTEGER,
    body TEXT NOT NULL,
    source TEXT NOT NULL,
    run_id TEXT,
    status TEXT NOT NULL,
    reason TEXT,
    received_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX signals_by_repo ON signals (repo_id, id);
  CREATE INDEX signals_by_plan ON signals (plan_key, id) WHERE plan_key IS NOT NULL;

  CREATE TABLE actions (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    plan_key INTEGER NOT NULL,
    repo_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    error TEXT,
    created_at INTEGER NOT NULL,
    done_at INTEGER
  ) STRICT;
  CREATE INDEX actions_pending ON actions (repo_id, number) WHERE status = 'pending';
  CREATE INDEX actions_by_plan ON actions (plan_key, number);

  CREATE TABLE hooks (
    key TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    failed_seq INTEGER,
    error TEXT
  ) STRICT;
  `,
  `
  ALTER TABLE plans ADD COLUMN merged_at INTEGER;
  ALTER TABLE plan_runs ADD COLUMN plan_base TEXT;

  CREATE TABLE removed_repos (
    id TEXT PRIMARY KEY,
    path_key TEXT NOT NULL,
    project TEXT NOT NULL,
    removed_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX removed_repos_by_path ON removed_repos (path_key);
  `,
];

/** The schema version that this drover writes. */
export const schemaVersion = migrations.length;
