import type { Handler } from '../../route.ts';

/** `GET /v1/metrics`: the figures without labels as one object, and those of the machine and of each live run. */
export const metricsJson: Handler<'metricsJson'> = async ({ services }) => {
  const [{ metrics }, machine, workers] = await Promise.all([
    services.metrics(),
    services.machine(),
    services.workers.figures(),
  ]);
  return { metrics, machine, workers };
};
