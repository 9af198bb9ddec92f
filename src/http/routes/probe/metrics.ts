import type { Handler } from '../../route.ts';
import { textResponse } from '../../route.ts';

/** `GET /metrics`: Prometheus text. Its library is loaded at the first scrape. */
export const metrics: Handler<'metrics'> = async ({ services }) => {
  const { contentType, render } = await import('../../prometheus.ts');
  const { samples } = await services.metrics();
  return textResponse(await render(samples), contentType);
};
