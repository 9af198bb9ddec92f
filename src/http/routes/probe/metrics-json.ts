import type { Handler } from '../../route.ts';

/** `GET /v1/metrics`: the figures without labels as one object, and those of each live run. */
export const metricsJson: Handler<'metricsJson'> = async ({ services }) => {
  const { metrics, workers } = await services.metrics();
  return { metrics, workers };
};
