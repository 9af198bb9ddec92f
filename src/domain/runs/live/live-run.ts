import { createMutex } from '../../../base/index.ts';
import { isAppError } from '../../../contract/index.ts';
import {
  getRun,
  type RunRow,
  type StopKind,
  type Transaction,
  updateRun,
} from '../../../foundation/store/index.ts';
import type { Adapter, ApprovalAnswer, Step } from '../../agents/index.ts';
import { applyEffects, ofRun } from '../follow/apply.ts';
import { createOutputReader, type OutputBatch, type OutputReader } from '../follow/output-reader.ts';
import type { EngineDeps, FolderState } from '../ports.ts';
import { finalState, finishRun, intendStop, type ProcessEnd } from './finish.ts';
import { createWake } from './folder-watch.ts';
import { createGuard, stopGraceMs } from './guard.ts';
import { createInputPump } from './inputs.ts';
import { startRun } from './start.ts';

/** A run whose process died without a record is noticed within this, whatever the configuration says. */
const maxPollMs = 2000;
/** While output flows, the folder is still looked at this often. */
const inspectEveryMs = 500;
const storageRetryMs = { first: 100, most: 2000 } as const;

/** What became of the supervision of a run. */
export type LiveEnd = 'ended' | 'detached' | { readonly later: string };

/** One run that has left the queue: it is launched, followed to its end and finished. */
export type LiveRun = {
  readonly key: number;
  /** Resolves when the run has ended, was left alone by `detach`, or goes back to the queue. */
  readonly done: Promise<LiveEnd>;
  /** Stores the intention, then ends the tree. */
  readonly stop: (kind: StopKind, reason: string) => Promise<void>;
  /** Runs `change` with the adapter's answer to an approval, in one transaction. */
  readonly answer: <T>(
    agentKey: string,
    answer: ApprovalAnswer,
    change: (tx: Transaction) => T,
  ) => Promise<T>;
  /** Stops following; the run itself goes on. */
  readonly detach: () => Promise<void>;
};

/** Takes a run over, from wherever it stands: just queued, or found alive after a restart. */
export function superviseRun(deps: EngineDeps, key: number): LiveRun {
  const { store, clock, launch, log } = deps;
  const first = store.read((sql) => getRun(sql, key));
  const adapter = deps.adapterOf(first);
  const folder = launch.folder(first.id);
  const wake = createWake(folder);
  const abort = new AbortController();
  const inputs = createInputPump(deps, first);
  const exclusive = createMutex();
  const row = () => store.read((sql) => getRun(sql, key));
  let lastOutputAt = clock.monotonic();
  let ending: Promise<void> | null = null;

  /** Stores a step of the adapter with what belongs to it; waits out a full disk. */
  const commit = async <T>(
    step: (run: RunRow) => Step<unknown>,
    change: (tx: Transaction) => T,
  ): Promise<T> => {
    for (let retryMs: number = storageRetryMs.first; ; retryMs = Math.min(retryMs * 2, storageRetryMs.most)) {
      try {
        return await exclusive(() => {
          const run = row();
          const { state, effects } = step(run);
          return store.write((tx) => {
            updateRun(tx, key, { adapterState: state });
            applyEffects(tx, run, effects);
            return change(tx);
          });
        });
      } catch (error) {
        if (!isAppError(error, 'storage_failed')) throw error;
        log.warn('waiting for the disk', { run: first.id, err: error });
        await clock.sleep(retryMs, abort.signal);
      }
    }
  };

  const journalBatch = async (reader: OutputReader, stream: 'stdout' | 'stderr', batch: OutputBatch) => {
    await commit(
      (run) => readAll(adapter, run.adapterState, batch),
      (tx) => {
        updateRun(
          tx,
          key,
          stream === 'stdout' ? { stdoutOffset: batch.nextOffset } : { stderrOffset: batch.nextOffset },
        );
        if (batch.dropped !== null) {
          const data = { stream, ...batch.dropped, reason: 'The line is longer than this protocol allows' };
          tx.event({ type: 'output.truncated', data, source: 'daemon', ...ofRun(first) });
        }
      },
    );
    reader.advance(batch.nextOffset);
    lastOutputAt = clock.monotonic();
  };

  const endTree = (graceMs: number) => {
    ending ??= launch
      .endTree(first, { graceMs })
      .catch((error: unknown) =>
        log.error('could not end all processes of a run', { run: first.id, err: error }),
      )
      .finally(() => {
        ending = null;
        wake.nudge();
      });
    return ending;
  };

  const endInput = async () => {
    try {
      await inputs.close();
      await launch.requestEndOfInput(first);
    } catch (error) {
      log.warn('could not end the input of a run', { run: first.id, err: error });
    }
  };

  const stop = async (kind: StopKind, reason: string) => {
    const isFirst = await intendStop(store, key, { kind, reason });
    if (isFirst && row().startedAt !== null) {
      await commit(
        (run) => adapter.cancel(run.adapterState),
        () => undefined,
      );
      await inputs.pump();
    }
    void endTree(stopGraceMs);
    wake.nudge();
  };

  const follow = async (): Promise<ProcessEnd> => {
    const started = row();
    const shared = { line: adapter.stdoutLine, coalesce: adapter.coalesce };
    const stdout = createOutputReader({
      ...shared,
      path: launch.outputFile(first.id, 'stdout'),
      stream: 'stdout',
      offset: started.stdoutOffset,
    });
    const stderr = createOutputReader({
      ...shared,
      path: launch.outputFile(first.id, 'stderr'),
      stream: 'stderr',
      offset: started.stderrOffset,
    });
    const guard = createGuard({
      deps,
      stop,
      endTree,
      endInput,
      run: started,
      lastOutputAt: () => lastOutputAt,
    });
    let inspectAt = 0;
    let isArmed = false;
    try {
      if (started.stopKind !== null) void endTree(stopGraceMs);
      for (;;) {
        abort.signal.throwIfAborted();
        const hadOutput = (await pass(stdout, 'stdout', false)) || (await pass(stderr, 'stderr', false));
        void inputs.pump();
        await guard(row(), (await stdout.size()) + (await stderr.size()));
        if (!hadOutput || clock.monotonic() >= inspectAt) {
          inspectAt = clock.monotonic() + inspectEveryMs;
          const state = await launch.inspect(first);
          if (state.kind === 'ended' || state.kind === 'vanished') return await drain(stdout, stderr, state);
        }
        if (hadOutput) continue;
        if (!isArmed) wake.arm();
        else await wake.wait(Math.min(deps.limits().pollMs, maxPollMs));
        isArmed = !isArmed;
      }
    } finally {
      await stdout.close();
      await stderr.close();
    }
  };

  const pass = async (reader: OutputReader, stream: 'stdout' | 'stderr', isEnd: boolean) => {
    const limit = deps.limits().outputBytes;
    if (limit > 0 && reader.offset() >= limit && row().stopKind === 'output_limit') return false;
    const batch = await reader.next(isEnd);
    if (batch === null) return false;
    await journalBatch(reader, stream, batch);
    return true;
  };

  const drain = async (
    stdout: OutputReader,
    stderr: OutputReader,
    state: FolderState,
  ): Promise<ProcessEnd> => {
    await endTree(stopGraceMs); // what the agent left behind: background children, a holder of the output files
    while ((await pass(stdout, 'stdout', true)) || (await pass(stderr, 'stderr', true)))
      abort.signal.throwIfAborted();
    for (const [stream, reader] of [
      ['stdout', stdout],
      ['stderr', stderr],
    ] as const)
      await tellDropped(reader, stream);
    const verdict = await launch.verdict(row());
    // An exit record that a dying launcher was just writing counts, even if it came after we looked first.
    const last = state.kind === 'ended' ? state : await launch.inspect(first);
    if (last.kind === 'ended')
      return { kind: 'exited', exitCode: last.exitCode, signal: last.signal, verdict };
    return {
      kind: 'vanished',
      reason: last.kind === 'vanished' ? last.reason : 'The process vanished',
      verdict,
    };
  };

  const tellDropped = async (reader: OutputReader, stream: 'stdout' | 'stderr') => {
    const bytes = (await reader.size()) - reader.offset();
    if (bytes <= 0) return;
    const batch = {
      pieces: [],
      nextOffset: reader.offset() + bytes,
      dropped: { offset: reader.offset(), bytes },
    };
    await journalBatch(reader, stream, batch);
  };

  const supervise = async (): Promise<LiveEnd> => {
    try {
      const started = await startRun(deps, key, abort.signal);
      if (started.kind === 'later') return { later: started.reason };
      const end: ProcessEnd =
        started.kind === 'never' ? { kind: 'never_started', error: started.error } : await follow();
      await commit(
        (run) => ({ state: run.adapterState, effects: [] }),
        (tx) => finishRun(tx, key, finalState(getRun(tx, key), end, adapter), end),
      );
      return 'ended';
    } catch (error) {
      if (abort.signal.aborted) return 'detached';
      throw error;
    } finally {
      wake.close();
      await inputs.close();
    }
  };

  const done = supervise();
  return {
    key,
    done,
    stop,
    answer: async (agentKey, answer, change) => {
      const result = await commit((run) => adapter.answer(run.adapterState, agentKey, answer), change);
      wake.nudge();
      return result;
    },
    detach: async () => {
      abort.abort(new Error('the daemon stops'));
      wake.nudge();
      await done.catch(() => {}); // logged by whoever waits for it
    },
  };
}

function readAll(adapter: Adapter<unknown>, state: unknown, batch: OutputBatch): Step<unknown> {
  let current = state;
  const effects: Step<unknown>['effects'][number][] = [];
  for (const piece of batch.pieces) {
    const step = adapter.read(current, piece);
    current = step.state;
    effects.push(...step.effects);
  }
  return { state: current, effects };
}
