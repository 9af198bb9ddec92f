import { AppError } from '../../contract/index.ts';
import type { Workers } from '../../domain/workers/index.ts';
import type { Services } from '../../http/index.ts';

export type WorkerServicesDeps = {
  readonly workers: Workers;
  readonly runs: Pick<Services['runs'], 'cancel' | 'logs'>;
};

/** Workers as the control plane wants them: what changes one, changes its run. */
export function createWorkerServices({ workers, runs }: WorkerServicesDeps): Services['workers'] {
  return {
    list: async ({ kind }) => {
      const all = await workers.list();
      return { items: all.filter((worker) => kind === undefined || worker.kind === kind), next_cursor: null };
    },
    show: workers.show,
    register: workers.register,
    remove: async (ref, by) => {
      const found = await workers.find(ref);
      if (found.kind === 'run') return { status: await runs.cancel(found.run.id, by), run_id: found.run.id };
      workers.forget(found.name);
      return { status: 'forgotten', run_id: null };
    },
    logs: async (ref, options) => {
      const found = await workers.find(ref);
      if (found.kind === 'run') return runs.logs(found.run.id, options);
      throw new AppError(
        'worker_remote',
        `The worker '${found.name}' runs on another machine, with its logs`,
        {
          hint: `ask it at ${found.url}`,
        },
      );
    },
    figures: workers.figures,
  };
}
