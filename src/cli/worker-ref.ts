import type { Client } from '../client/index.ts';
import { AppError, isAppError, type Run, type Worker } from '../contract/index.ts';

/** The run that a pid, name, id or prefix means, ended or not. Throws what the daemon says of anything else. */
export async function findRunOfWorker(client: Client, ref: string): Promise<Run> {
  if (!/^\d+$/.test(ref)) {
    try {
      return await client.call('runsShow', { params: { run: ref } });
    } catch (error) {
      if (!isAppError(error, 'run_not_found')) throw error;
    }
  }
  const found = await findWorker(client, ref);
  if (found.worker === null) return found.run;
  const { run_id: run } = found.worker;
  if (run !== null) return client.call('runsShow', { params: { run } });
  throw new AppError('worker_remote', `The worker '${ref}' runs on another machine`, {
    hint: `ask it at ${found.worker.url}`,
  });
}

/** Whom a pid, name, id or prefix means: a worker, or a run that waits or has ended and so is none. */
export async function findWorker(
  client: Client,
  ref: string,
): Promise<{ readonly worker: Worker } | { readonly worker: null; readonly run: Run }> {
  try {
    return { worker: await client.call('workersShow', { params: { worker: ref } }) };
  } catch (error) {
    if (!isAppError(error, 'worker_not_found')) throw error;
    const run = await client.call('runsShow', { params: { run: ref } }).catch(() => null);
    if (run === null) throw error; // no run either: what was said of the worker is the answer
    return { worker: null, run };
  }
}
