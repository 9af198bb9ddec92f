import { AppError } from '../../../contract/index.ts';
import type { Handler } from '../../route.ts';
import { textResponse } from '../../route.ts';

/** `GET /metrics`: Prometheus text. Its library is loaded at the first scrape. */
export const metrics: Handler<'metrics'> = async ({ services }) => {
  const { contentType, render } = await import('../../prometheus.ts').catch(throwReplaced);
  const { samples } = await services.metrics();
  return textResponse(await render(samples), contentType);
};

/** An upgrade in place takes away what a daemon has not loaded yet. */
function throwReplaced(cause: unknown): never {
  throw new AppError(
    'busy',
    'The program of this daemon was replaced before its figures were ever asked for',
    {
      hint: 'bring the daemon up to date with: drover daemon restart (runs go on)',
      cause,
    },
  );
}
