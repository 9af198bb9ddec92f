import type { Transaction } from '../../../foundation/store/index.ts';
import { type RunPulse, type RunRow, runPulse, updateRun } from '../../../foundation/store/index.ts';
import type { OutputPiece } from '../../agents/index.ts';
import type { Overrun } from '../budget.ts';
import { createOutputReader, type OutputBatch, type OutputReader } from '../follow/output-reader.ts';
import { ofRun } from '../follow/waiting.ts';
import type { EngineDeps, FolderState } from '../ports.ts';
import type { ProcessEnd } from './finish.ts';
import type { Wake } from './folder-watch.ts';
import { createGuard, floodGraceMs, stopGraceMs, type Wish } from './guard.ts';
import type { InputPump } from './inputs.ts';
import type { JudgedAdapter } from './judged-adapter.ts';
import { createParking } from './parking.ts';
import { createSpending } from './spending.ts';
import { readPieces, type Steps } from './steps.ts';

/** A run whose process died without a record is noticed within this, whatever the configuration says. */
const maxPollMs = 2000;
/** While output flows, the folder is still looked at this often. */
const inspectEveryMs = 500;

export type FollowOptions = {
  readonly deps: EngineDeps;
  /** Its row as it was when the agent had been started. */
  readonly run: RunRow;
  readonly adapter: JudgedAdapter;
  readonly wake: Wake;
  readonly inputs: InputPump;
  /** Steps that wait out a full disk. */
  readonly steps: Steps;
  readonly onPark: () => void;
  readonly stop: (wish: Extract<Wish, { kind: 'stop' }>) => Promise<void>;
  readonly endTree: (graceMs: number) => Promise<void>;
  readonly endInput: () => Promise<void>;
  readonly signal: AbortSignal;
};

type Stream = OutputPiece['stream'];
type Over = Extract<FolderState, { kind: 'ended' | 'vanished' }>;

/** Follows a run that was started, until its process is gone and all it wrote is in the journal. */
export async function followRun(options: FollowOptions): Promise<ProcessEnd> {
  const { deps, run, adapter, wake, inputs, signal } = options;
  const { store, clock, launch } = deps;
  const readers = (['stdout', 'stderr'] as const).map((stream) => ({
    stream,
    reader: createOutputReader({
      path: launch.outputFile(run.id, stream),
      stream,
      offset: stream === 'stdout' ? run.stdoutOffset : run.stderrOffset,
      line: adapter.stdoutLine,
      coalesce: adapter.coalesce,
    }),
  }));
  let lastOutputAt = clock.monotonic();
  const spending = createSpending({ store, clock, budget: deps.budget, key: run.key });
  const parking = createParking({ ...options, clock, overrun: spending.overrun });
  const guard = createGuard({ clock, limits: deps.limits, run, lastOutputAt: () => lastOutputAt });

  /** One batch of each stream, so that a flood on one does not keep the other from being read. */
  const pass = async (isEnd: boolean): Promise<boolean> => {
    let hadOutput = false;
    for (const { stream, reader } of readers) {
      if (isOverLimit(reader.offset())) continue;
      const batch = await reader.next(isEnd);
      if (batch === null) continue;
      await journal(options, { reader, stream, batch, why: 'The line is longer than this protocol allows' });
      lastOutputAt = clock.monotonic();
      hadOutput = true;
    }
    return hadOutput;
  };
  const isOverLimit = (bytes: number) => {
    const { outputBytes: limit } = deps.limits();
    return limit > 0 && bytes >= limit;
  };
  const outputBytes = async () => {
    let bytes = 0;
    for (const { reader } of readers) bytes += await reader.size();
    return bytes;
  };
  const goOn = async (pulse: RunPulse) => {
    const went = await parking(pulse);
    if (went === 'goes on') lastOutputAt = clock.monotonic(); // its silence begins here
    const wish = typeof went === 'string' ? null : stopFor(went);
    if (wish !== null) await carryOut(wish, options);
  };
  const drain = async (state: Over): Promise<ProcessEnd> => {
    const isFlood = isOverLimit(await outputBytes());
    await options.endTree(isFlood ? floodGraceMs : stopGraceMs); // what the agent left behind: background children, a holder of the output files
    while (await pass(true)) signal.throwIfAborted();
    for (const { stream, reader } of readers) {
      const left = (await reader.size()) - reader.offset();
      if (left <= 0) continue;
      const dropped = { offset: reader.offset(), bytes: left };
      const batch = { pieces: [], nextOffset: reader.offset() + left, dropped };
      await journal(options, { reader, stream, batch, why: 'The run wrote more than run_output_limit' });
    }
    const verdict = await launch.verdict(run);
    // An exit record that a dying launcher was just writing counts, even if it came after we looked first.
    const late = state.kind === 'vanished' ? await launch.inspect(run) : state;
    if (late.kind === 'ended') {
      const { exitCode, signal, wasStopped, setUpFailure = null } = late;
      return { kind: 'exited', exitCode, signal, wasStopped, setUpFailure, verdict };
    }
    const reason = state.kind === 'vanished' ? state.reason : 'The process vanished';
    return { kind: 'vanished', reason, verdict };
  };

  try {
    let inspectAt = 0;
    for (;;) {
      signal.throwIfAborted();
      const hadOutput = await pass(false);
      void inputs.pump();
      const pulse = store.read((sql) => runPulse(sql, run.key));
      const wish = guard(pulse, await outputBytes()) ?? stopFor(spending.look(pulse));
      if (!hadOutput || wish !== null || clock.monotonic() >= inspectAt) {
        inspectAt = clock.monotonic() + inspectEveryMs;
        const state = await launch.inspect(run);
        // Before any wish is carried out: who has ended by itself, maybe while no daemon was there, is not stopped.
        if (state.kind === 'ended' || state.kind === 'vanished') return await drain(state);
      }
      if (wish !== null) await carryOut(wish, options);
      else await goOn(pulse);
      if (hadOutput) continue;
      if (wake.arm()) continue; // what came before it is not told
      await wake.wait(Math.min(deps.limits().pollMs, maxPollMs));
    }
  } finally {
    for (const { reader } of readers) await reader.close();
  }
}

function stopFor(overrun: Overrun | null): Wish | null {
  return overrun === null ? null : { kind: 'stop', ...overrun };
}

async function carryOut(wish: Wish, { stop, endInput, endTree }: FollowOptions): Promise<void> {
  switch (wish.kind) {
    case 'stop':
      return stop(wish);
    case 'end_input':
      return void endInput(); // logs its own failure, and may take seconds
    case 'end_tree':
      return void endTree(wish.graceMs); // the same
  }
}

type Journaled = {
  readonly reader: OutputReader;
  readonly stream: Stream;
  readonly batch: OutputBatch;
  /** Why bytes were left out, if some were. */
  readonly why: string;
};

async function journal(
  { run, adapter, steps }: FollowOptions,
  { reader, stream, batch, why }: Journaled,
): Promise<void> {
  const change = (tx: Transaction) => {
    const { nextOffset, dropped } = batch;
    updateRun(tx, run.key, stream === 'stdout' ? { stdoutOffset: nextOffset } : { stderrOffset: nextOffset });
    if (dropped === null) return;
    const data = { stream, ...dropped, reason: why };
    tx.event({ type: 'output.truncated', data, source: 'daemon', ...ofRun(run) });
  };
  await steps((state) => readPieces(adapter, state, batch.pieces), change);
  reader.advance(batch.nextOffset);
}
