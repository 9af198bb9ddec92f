import { inBackground, settledWithin } from '../../../base/index.ts';
import { getRun, type StopKind, type Transaction, updateRun } from '../../../foundation/store/index.ts';
import type { ApprovalAnswer } from '../../agents/index.ts';
import type { EngineDeps } from '../ports.ts';
import { AdapterFault } from './adapter-fault.ts';
import { finalState, finishRun, intendStop, type ProcessEnd } from './finish.ts';
import { createWake } from './folder-watch.ts';
import { followRun } from './follow-run.ts';
import { graceFor, stopGraceMs } from './guard.ts';
import { createInputPump } from './inputs.ts';
import { judgedAdapter } from './judged-adapter.ts';
import { createSay, type Say } from './say.ts';
import { isShortage, shortageRetryMs, untilStored } from './shortage.ts';
import { startRun } from './start.ts';
import { createSteps, type Steps } from './steps.ts';

/** How long an agent that is told to stop may take to read that, before signals follow. */
const politeMs = 1000;
/** After this many faults that are no shortage, a run is given up. */
const maxFaults = 5;

/** What became of the supervision of a run. */
export type LiveEnd =
  | 'ended'
  | 'detached'
  /** The machine had no room to launch it: it is queued again. */
  | 'requeued';

/** One run that has left the queue: it is launched, followed to its end and finished. */
export type LiveRun = {
  readonly key: number;
  readonly done: Promise<LiveEnd>;
  /** Resolves when the intention is stored; the tree is ended after that. */
  readonly stop: (kind: StopKind, reason: string) => Promise<void>;
  /** Runs `change` with the adapter's answer to an approval, in one transaction. */
  readonly answer: <T>(
    agentKey: string,
    answer: ApprovalAnswer,
    change: (tx: Transaction) => T,
  ) => Promise<T>;
  /** Says something to the agent; only for a run whose adapter has started. */
  readonly say: Say;
  /** Stops following; the run itself goes on. */
  readonly detach: () => Promise<void>;
};

/** What others want to know at once of a run that lives. */
export type LiveRunEvents = {
  /** A place in the queue may have become free. */
  readonly onFree: () => void;
  /** A request of it has been put to a person. */
  readonly onAsked: () => void;
};

/** Takes a run over, from wherever it stands: just queued, or found alive after a restart. */
export function superviseRun(deps: EngineDeps, key: number, { onFree, onAsked }: LiveRunEvents): LiveRun {
  const { store, clock, launch, log } = deps;
  const row = () => store.read((sql) => getRun(sql, key));
  const first = row();
  const adapter = judgedAdapter(deps, first);
  const wake = createWake(launch.folder(first.id));
  const abort = new AbortController();
  const steps = createSteps({ store, run: first, onAsked });
  const say = createSay(steps, adapter);
  const inputs = createInputPump(deps, first, abort.signal);
  let ending: Promise<void> | null = null;

  const patience = { clock, log, run: first.id, signal: abort.signal };
  const patientSteps: Steps = (step, change) => untilStored(() => steps(step, change), patience);

  const endTree = (graceMs: number) => {
    ending ??= launch
      .endTree(row(), { graceMs })
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

  /** Tells the agent in its own protocol, then by signals. */
  const endPolitely = async () => {
    const told = steps(adapter.cancel, () => undefined).then(inputs.pump);
    inBackground(log, 'telling an agent to stop', told);
    await settledWithin(told, politeMs, clock);
    await endTree(stopGraceMs);
  };

  const stop = async (kind: StopKind, reason: string) => {
    const isFirst = await intendStop(store, key, { kind, reason });
    wake.nudge();
    const isPolite = isFirst && kind !== 'output_limit' && row().startedAt !== null;
    if (isPolite) inBackground(log, 'polite stop', endPolitely());
    else void endTree(graceFor(kind));
  };

  const finish = async (end: ProcessEnd): Promise<LiveEnd> => {
    const wasRead = end.kind === 'exited' || end.kind === 'vanished';
    await patientSteps(
      (state) => (wasRead ? adapter.left(state) : { state, effects: [] }),
      (tx) => finishRun(tx, key, finalState(getRun(tx, key), end, adapter), end),
    );
    return 'ended';
  };

  /** Back to the queue, unless it was told to stop meanwhile: then it is ended from where it stands. */
  const requeue = (reason: string) =>
    untilStored(
      () =>
        store.write((tx) => {
          if (getRun(tx, key).stopKind !== null) return false;
          updateRun(tx, key, { status: 'queued', reason: `${reason}; trying again` });
          return true;
        }),
      patience,
    );

  const live = async (): Promise<LiveEnd> => {
    for (;;) {
      const started = await startRun(deps, key, abort.signal);
      if (started.kind === 'later') {
        if (await requeue(started.reason)) return 'requeued';
        continue;
      }
      if (started.kind === 'never') return finish({ kind: 'never_started', error: started.error });
      return finish(
        await followRun({
          deps,
          run: row(),
          adapter,
          wake,
          inputs,
          steps: patientSteps,
          onPark: onFree,
          stop: ({ because, reason }) => stop(because, reason),
          endTree,
          endInput,
          signal: abort.signal,
        }),
      );
    }
  };

  /** Whatever goes wrong here, a run is never left without somebody who looks after it. */
  const supervise = async (): Promise<LiveEnd> => {
    try {
      for (let faults = 0; ; ) {
        try {
          return await live();
        } catch (error) {
          abort.signal.throwIfAborted();
          if (!isShortage(error)) faults += 1;
          if (error instanceof AdapterFault || faults > maxFaults) return await giveUp(error);
          log.warn('lost hold of a run; taking it up again', { run: first.id, err: error });
          await clock.sleep(shortageRetryMs.first, abort.signal);
        }
      }
    } catch (error) {
      if (abort.signal.aborted) return 'detached';
      throw error;
    } finally {
      wake.close();
      await inputs.close();
    }
  };

  const giveUp = async (error: unknown): Promise<LiveEnd> => {
    log.error('a run was given up', { run: first.id, err: error });
    await endTree(stopGraceMs);
    const message = `drover could not go on with it: ${error instanceof Error ? error.message : String(error)}`;
    return finish({ kind: 'given_up', error: { code: 'internal', message } });
  };

  const done = supervise();
  return {
    key,
    done,
    stop,
    answer: async (agentKey, answer, change) => {
      const result = await steps((state) => adapter.answer(state, agentKey, answer), change);
      wake.nudge();
      return result;
    },
    say: async (message, change) => {
      const result = await say(message, change);
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
