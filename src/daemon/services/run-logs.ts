import { AppError } from '../../contract/index.ts';
import { type Journal, openEventLog } from '../../domain/journal/index.ts';
import { type LaunchPort, type OpenLog, openLog } from '../../domain/runs/index.ts';
import type { RunRow, Store } from '../../foundation/store/index.ts';
import type { Services } from '../../http/index.ts';
import { linesAboutRun } from '../log/lines-about.ts';

export type RunLogsDeps = {
  readonly store: Store;
  readonly journal: Journal;
  readonly launch: Pick<LaunchPort, 'outputFile'>;
  /** Where the daemon's own log is. */
  readonly logsFolder: string;
};

type Options = Parameters<Services['runs']['logs']>[1];
type Answer = Awaited<ReturnType<Services['runs']['logs']>>;

/** Opens a log of a run, of whichever type: its own files, its events, or what the daemon logged of it. */
export async function openRunLog(
  deps: RunLogsDeps,
  run: RunRow,
  { type, tail, offset }: Options,
): Promise<Answer> {
  if (type !== 'telemetry' && type !== 'debug')
    return openLog({ store: deps.store, outputFile: deps.launch.outputFile }, run, { type, tail, offset });
  if (offset !== undefined) {
    throw new AppError('invalid_request', `The log '${type}' has no offsets`, {
      hint: 'use type=stdout, stderr or transcript',
    });
  }
  if (type === 'debug') return { bytes: await openDebugLog(deps, run, tail), next: null };
  const { bytes, upTo } = openEventLog(deps, run, { tail });
  return { bytes, next: { kind: 'seq', value: upTo } };
}

/** Never an empty answer: that nothing is there any more is not that nothing happened. */
async function openDebugLog(
  { logsFolder }: RunLogsDeps,
  run: RunRow,
  tail: number | undefined,
): Promise<OpenLog['bytes']> {
  const lines = linesAboutRun(logsFolder, { runId: run.id, since: new Date(run.createdAt) });
  const first = await lines.next();
  if (first.done) {
    throw new AppError('not_found', `The daemon’s log says nothing of ${run.id}`, {
      hint: 'its log.level keeps such lines out, or their files are gone; telemetry has the events of the run',
    });
  }
  const all = bytesOf(first.value, lines);
  return ReadableStream.from(tail === undefined ? all : lastOf(all, tail));
}

async function* bytesOf(first: string, rest: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${first}\n`);
  for await (const line of rest) yield Buffer.from(`${line}\n`);
}

async function* lastOf<T>(items: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  const last: T[] = [];
  for await (const item of items) {
    last.push(item);
    if (last.length > count) last.shift();
  }
  yield* last;
}
