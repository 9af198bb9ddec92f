import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createClient } from '../../src/client/index.ts';
import { type Event, isAppError } from '../../src/contract/index.ts';
import { configOfDialogs, isAllowed, numberOfAsk, promptOf } from './dialog-runs.ts';
import { type JournalReader, readJournal } from './journal-reader.ts';
import { commandOf, makeNumberedRun, type NumberedRun } from './numbered-runs.ts';
import type { Random } from './random.ts';
import type { World } from './real-daemon.ts';

/** A run that the daemon has accepted: a 201 was read, at the first try or by its Idempotency-Key. */
export type AcceptedRun = {
  readonly id: string;
  readonly spec: NumberedRun;
  readonly folder: string;
  isFinished: boolean;
  /** The daemon died between writing the prompt and knowing that it did, and asked a person, which we are. */
  isGivenUp: boolean;
};

export type LoadCounts = {
  /** Answers of POST /v1/runs that a kill cut off, and that the same key brought back. */
  lostAnswers: number;
  approvalsGiven: number;
  uncertainInputs: number;
};

/** Clients that go on whatever happens to the daemon. */
export type CrashLoad = {
  readonly runs: ReadonlyMap<string, AcceptedRun>;
  readonly journal: JournalReader;
  readonly counts: Readonly<LoadCounts>;
  /** Posts one run until it is accepted. */
  readonly start: (spec: NumberedRun) => Promise<AcceptedRun>;
  /** Posts as many as are missing to `wanted` live ones, without waiting for the answers. */
  readonly keepLive: (wanted: number) => void;
  /** Accepted, and without a recorded exit. */
  readonly live: () => AcceptedRun[];
  /** Approvals that readers have seen and nobody has answered. */
  readonly pending: () => number;
  /** Approvals that are held back. */
  readonly held: () => number;
  /** Answers them, without waiting for the answers' answers. */
  readonly approveHeld: () => void;
  /** Waits for the answers of all that was posted. */
  readonly settle: () => Promise<void>;
  readonly problems: readonly string[];
  /** Ends the clients, whatever they still wanted. */
  readonly close: () => void;
};

export type CrashLoadOptions = {
  readonly world: World;
  readonly random: Random;
  readonly program: string;
  /** A registered repository. */
  readonly repo: string;
  /** Leaves approvals pending until `approveHeld`. */
  readonly holdsApprovals?: boolean;
  /** Runs of every runtime, whose approvals are answered after a while, so that kills come between. */
  readonly everyRuntime?: boolean;
};

const tryAgainMs = 15;
/** A person takes up to so long to answer a dialog. */
const longestThoughtMs = 1500;
const awayCodes = ['daemon_not_running', 'busy', 'draining', 'timeout', 'idempotency_in_flight'] as const;

/** Starts the clients: one that starts runs, one that follows the journal, one that answers approvals. */
export function createLoad(options: CrashLoadOptions): CrashLoad {
  const { world, random, program, repo } = options;
  const client = createClient({ kind: 'socket', path: world.socket, token: undefined });
  const runs = new Map<string, AcceptedRun>();
  const finished = new Set<string>();
  const counts: LoadCounts = { lostAnswers: 0, approvalsGiven: 0, uncertainInputs: 0 };
  const problems: string[] = [];
  const held: string[] = [];
  const pending = new Set<string>();
  const underWay = new Set<Promise<unknown>>();
  let index = 0;
  let isClosed = false;

  /** Asks until a daemon answers; the number of tries it took. */
  const patiently = async <T>(ask: () => Promise<T>): Promise<{ answer: T; tries: number }> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return { answer: await ask(), tries };
      } catch (error) {
        if (!awayCodes.some((code) => isAppError(error, code))) throw error;
        if (isClosed) throw error;
        await new Promise((resolve) => setTimeout(resolve, tryAgainMs));
      }
    }
  };
  const inBackground = (work: Promise<unknown>) => {
    const noted = work
      .catch((error: unknown) => problems.push(String(error)))
      .finally(() => underWay.delete(noted));
    underWay.add(noted);
  };

  const start = async (spec: NumberedRun) => {
    const body = {
      ...whatToRun(spec, program),
      ...(spec.isInRepo ? { repo } : {}),
    };
    let wasCut = false;
    const { answer } = await patiently(async () => {
      try {
        return await client.call('runsStart', { body, idempotencyKey: spec.key });
      } catch (error) {
        wasCut ||= isAppError(error, 'busy');
        throw error;
      }
    });
    if (wasCut) counts.lostAnswers += 1;
    const run: AcceptedRun = {
      id: answer.id,
      spec,
      folder: join(world.stateRoot, 'runs', answer.id),
      isFinished: finished.has(answer.id),
      isGivenUp: false,
    };
    if (runs.has(run.id)) problems.push(`${run.id} was given to two keys`);
    runs.set(run.id, run);
    return run;
  };

  const approve = async (approval: string, title: unknown = '') => {
    const number = numberOfAsk(title);
    if (number !== null) await new Promise((resolve) => setTimeout(resolve, random.below(longestThoughtMs)));
    const decision = number === null || isAllowed(number) ? 'allow' : 'deny';
    try {
      await patiently(() => client.call('approvalsResolve', { params: { approval }, body: { decision } }));
    } catch (error) {
      if (!isAppError(error, 'approval_resolved')) throw error; // our own answer arrived, its echo was cut off
    }
    counts.approvalsGiven += 1;
  };

  const giveUp = async (id: string) => {
    counts.uncertainInputs += 1;
    try {
      await patiently(() => client.call('runsCancel', { params: { run: id } }));
    } catch (error) {
      if (!isAppError(error, 'run_ended')) throw error;
    }
    const run = runs.get(id);
    if (run !== undefined) run.isGivenUp = true;
  };

  const onEvent = ({ type, run_id: id, data }: Event) => {
    if (type === 'approval.resolved') pending.delete(String(data.approval_id));
    if (type === 'approval.requested') {
      pending.add(String(data.approval_id));
      if (options.holdsApprovals) held.push(String(data.approval_id));
      else inBackground(approve(String(data.approval_id), data.title));
    }
    if (type === 'run.waiting' && data.waiting_on === 'input' && id !== undefined) inBackground(giveUp(id));
    if (type !== 'run.finished' || id === undefined) return;
    finished.add(id);
    const run = runs.get(id);
    if (run !== undefined) run.isFinished = true;
  };

  const live = () =>
    [...runs.values()].filter((run) => !run.isFinished && !existsSync(join(run.folder, 'exit')));
  const journal = readJournal(world.socket, onEvent);
  return {
    runs,
    counts,
    problems,
    journal,
    close: () => {
      isClosed = true;
      journal.close();
    },
    start,
    live,
    keepLive: (wanted) => {
      for (let missing = wanted - live().length - underWay.size; missing > 0; missing -= 1)
        inBackground(start(makeNumberedRun(random, index++, options.everyRuntime)));
    },
    pending: () => pending.size,
    held: () => held.length,
    approveHeld: () => {
      for (const id of held.splice(0)) inBackground(approve(id));
    },
    settle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

function whatToRun(spec: NumberedRun, program: string): object {
  if (spec.dialog !== null)
    return { prompt: promptOf(spec.dialog.plan), agent: `dialog-${spec.dialog.runtime}` };
  if (spec.kind === 'acp') return { prompt: spec.key, agent: 'paced' };
  return { agent: spec.kind, command: commandOf(spec, program) };
}

/** The demo agent, made to say that it starts as the other programs do. */
export function configOfLoad(world: World, { started, repo }: { started: string; repo: string }): string {
  const start = 'echo "$DROVER_RUN_ID" >>"$1"; exec "$2" "$3"';
  const agent = join(dirname(world.program), 'demo-agent.mjs');
  const command = ['/bin/sh', '-c', start, 'sh', started, process.execPath, agent];
  return `max_parallel_runs = 32
max_parallel_runs_per_repo = 32
repos = [${JSON.stringify(repo)}]
[agents.paced]
runtime = "acp"
command = ${JSON.stringify(command)}
env = { DROVER_DEMO_PACE_MS = "20" }
${configOfDialogs(world.root, started)}`;
}
