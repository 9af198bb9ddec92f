import type { z } from 'zod';
import type { HistogramReading } from '../base/index.ts';
import type {
  Access,
  ApplyResult,
  Approval,
  Config,
  CreatePlan,
  Event,
  ListedAgent,
  logTypes,
  MetricName,
  Page,
  Plan,
  PlanStatus,
  PlanSummary,
  PruneResult,
  PruneWorktrees,
  RegisterWorker,
  ReloadResult,
  Repo,
  ResolveApproval,
  RetryRun,
  Routes,
  Run,
  RunStatus,
  SayOfPlan,
  SendSignal,
  SentInput,
  Signal,
  SignalStatus,
  StartRun,
  Status,
  UpdatePlan,
  UsageQuery,
  UsageReport,
  Worker,
  Worktree,
} from '../contract/index.ts';

/** Who is calling, once the guard has let the request in. `run` is the run whose own token was presented. */
export type Caller = {
  readonly transport: 'socket' | 'tcp';
  readonly may: Extract<Access, 'read' | 'write'> | 'nothing';
  readonly runId: string | null;
  /** For `resolved_by`: `admin`, `read-only` or the run's id. */
  readonly name: string;
};

export type ListOptions = { readonly limit: number; readonly cursor: string | undefined };

type MetricsAnswer = z.infer<Routes['metricsJson']['response']>;
export type MachineFigures = Readonly<MetricsAnswer['machine']>;
export type WorkerFigures = Readonly<MetricsAnswer['workers'][number]>;

export type LogOptions = {
  readonly type: (typeof logTypes)[number];
  readonly tail?: number | undefined;
  readonly offset?: number | undefined;
};

/** A log; `next` is where a reader goes on: after a seq, or at a byte of a raw file. Null where nobody can. */
export type LogAnswer = {
  readonly bytes: ReadableStream<Uint8Array>;
  readonly next: { readonly kind: 'seq' | 'offset'; readonly value: number } | null;
};

/** A stored answer to a POST with an Idempotency-Key (contract §10.11). */
export type StoredAnswer = { readonly status: number; readonly body: string };

/** One figure of a family of `metricFamilies`. */
export type MetricSample = {
  readonly name: MetricName;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | HistogramReading;
};

/** What the HTTP room needs of the rest of the daemon. `daemon/compose.ts` gives the real one, a test its own. */
export type Services = {
  /** False until recovery is done, and again while draining. */
  readonly isReady: () => boolean;
  readonly status: () => Promise<Status>;
  readonly metrics: () => Promise<{
    /** For Prometheus, with labels. */
    readonly samples: readonly MetricSample[];
    /** For `/v1/metrics`: what has no labels, without the prefix `drover_`. */
    readonly metrics: Record<string, number>;
  }>;
  /** What the machine has, and how much of it is in use. */
  readonly machine: () => Promise<MachineFigures>;
  readonly reload: () => Promise<ReloadResult>;
  /** Begins the drain and returns at once. */
  readonly shutdown: (reason: string) => void;
  /** Throws `busy` when the machine has no room for a new process (file descriptors). */
  readonly assertRoomToStart: () => void;
  readonly agents: {
    /** In order of preference; with `isAll` also those that are not installed, last. */
    readonly list: (options: { readonly isAll: boolean }) => ListedAgent[];
  };
  readonly repos: {
    /** With `path` the one repository there. Throws `repo_not_found`. */
    readonly list: (options: ListOptions & { path?: string | undefined }) => Promise<Page<Repo>>;
    readonly show: (ref: string) => Promise<Repo>;
    readonly add: (
      body: { path: string; name?: string | undefined },
      key: IdempotencyWrite | null,
    ) => Promise<Repo>;
    readonly update: (
      ref: string,
      patch: { project?: string | undefined; trusted?: boolean | undefined; path?: string | undefined },
    ) => Promise<Repo>;
    readonly remove: (
      ref: string,
      options: { keepRuns: boolean },
    ) => Promise<{ canceled_runs: string[]; kept_worktrees: string[]; kept_plans: number }>;
  };
  readonly runs: {
    readonly list: (
      options: ListOptions & {
        status?: RunStatus | 'live' | 'ended' | undefined;
        repo?: string | undefined;
        session?: string | undefined;
      },
    ) => Promise<Page<Run>>;
    readonly show: (ref: string) => Promise<Run>;
    readonly start: (body: StartRun, key: IdempotencyWrite | null) => Promise<Run>;
    readonly retry: (ref: string, body: RetryRun, key: IdempotencyWrite | null) => Promise<Run>;
    /** `canceled` when the tree is gone, `canceling` when that takes longer than 10 s. */
    readonly cancel: (ref: string, by: string) => Promise<'canceled' | 'canceling'>;
    /** Takes a message for the agent at work. */
    readonly send: (ref: string, text: string, key: IdempotencyWrite | null) => Promise<SentInput>;
    readonly logs: (ref: string, options: LogOptions) => Promise<LogAnswer>;
    readonly diff: (ref: string) => Promise<Uint8Array<ArrayBuffer>>;
    readonly apply: (ref: string, options: { squash: boolean }) => Promise<ApplyResult>;
  };
  readonly worktrees: {
    readonly list: (options: { repo: string | undefined }) => Promise<Page<Worktree>>;
    readonly prune: (body: PruneWorktrees) => Promise<PruneResult>;
    readonly restore: (ref: string) => Promise<Worktree>;
  };
  readonly workers: {
    readonly list: (filter: { kind?: Worker['kind'] | undefined }) => Promise<Page<Worker>>;
    /** By pid, name, run id or prefix. Throws `worker_not_found`. */
    readonly show: (ref: string) => Promise<Worker>;
    readonly register: (body: RegisterWorker) => { readonly worker: Worker; readonly isNew: boolean };
    /** Cancels the run of a worker; a remote one is forgotten. */
    readonly remove: (
      ref: string,
      by: string,
    ) => Promise<{ status: 'canceled' | 'canceling' | 'forgotten'; run_id: string | null }>;
    /** Throws `worker_remote`. */
    readonly logs: (ref: string, options: LogOptions) => Promise<LogAnswer>;
    /** What each live run has taken so far. */
    readonly figures: () => Promise<readonly WorkerFigures[]>;
  };
  readonly plans: {
    readonly list: (
      repo: string,
      options: ListOptions & { status: PlanStatus | 'active' | 'blocked' | 'waiting' | 'merged' | undefined },
    ) => Promise<Page<PlanSummary>>;
    readonly create: (repo: string, body: CreatePlan, idempotency: IdempotencyWrite | null) => Promise<Plan>;
    readonly show: (repo: string, ref: string) => Promise<Plan>;
    readonly update: (repo: string, ref: string, body: UpdatePlan) => Promise<Plan>;
    /** Throws `plan_refused` with the reason. */
    readonly say: (repo: string, ref: string, body: SayOfPlan, by: Saying) => Promise<Plan>;
    readonly signals: (
      repo: string,
      options: ListOptions & { plan: string | undefined; status: SignalStatus | undefined },
    ) => Promise<Page<Signal>>;
    /** As `say`, with a receipt whatever became of it. */
    readonly signal: (repo: string, body: SendSignal, by: Saying) => Promise<Signal>;
    readonly retrySignal: (repo: string, id: string, idempotency: IdempotencyWrite | null) => Promise<Signal>;
  };
  readonly usage: (query: UsageQuery) => Promise<UsageReport>;
  readonly approvals: {
    readonly list: (options: ListOptions & { status: 'pending' | 'past' | 'all' }) => Promise<Page<Approval>>;
    readonly show: (ref: string) => Promise<Approval>;
    readonly resolve: (ref: string, body: ResolveApproval, by: string) => Promise<Approval>;
  };
  readonly journal: {
    /** Seq of the last committed event. */
    readonly lastSeq: () => number;
    /**
     * Committed events after `after`, in order, each already serialised once and shared between readers: at most
     * `limit`, and at most `maxBytes` of JSON, but always one if there is one. `scannedTo` is how far the journal was
     * looked at: the next `after`. Throws `cursor_unknown`.
     */
    readonly read: (query: {
      after: number;
      limit: number;
      maxBytes: number;
      runId: string | null;
    }) => Promise<{ events: readonly JournalEntry[]; scannedTo: number }>;
    /** Called with the last seq after each commit. Returns the function that unsubscribes. */
    readonly subscribe: (listener: (lastSeq: number) => void) => () => void;
    /** The seq of the run's last event once it has ended and all is journaled, else null: where its stream ends. */
    readonly lastSeqOfRun: (runId: string) => number | null;
  };
  readonly tokens: {
    /** Constant-time comparison with the current token files and the live runs' tokens. */
    readonly check: (
      token: string,
    ) => Promise<{ may: 'read' | 'write'; runId: string | null; name: string } | null>;
  };
  /** Called in this order: `begin`, `find`, then the effect if nothing was found, and `end` in every case. */
  readonly idempotency: {
    /** Takes the key until `end`. Throws `idempotency_in_flight` while another request holds it. */
    readonly begin: (key: string, method: string, path: string) => void;
    /** The stored answer, or null. Throws `idempotency_mismatch` when it belongs to another body. */
    readonly find: (
      key: string,
      method: string,
      path: string,
      bodyHash: string,
    ) => Promise<StoredAnswer | null>;
    readonly end: (key: string, method: string, path: string) => void;
  };
};

/** Handed into the effect, which stores the answer in its own transaction. `answer` builds it from the resource. */
export type IdempotencyWrite = {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly bodyHash: string;
  readonly answer: (resource: Run | Repo | SentInput | Plan | Signal) => StoredAnswer;
};

/** Who says something of a plan: `runId` is the run whose own token was presented, null a person. */
export type Saying = { readonly runId: string | null; readonly idempotency: IdempotencyWrite | null };

/** One event as a reader gets it. */
export type JournalEntry = {
  readonly seq: number;
  readonly type: Event['type'];
  readonly runId: string | null;
  readonly json: string;
};

/** What of the configuration the HTTP room reads, always current. */
export type HttpConfig = {
  readonly authMode: Config['auth']['mode'];
  readonly allowedHosts: readonly string[];
};
