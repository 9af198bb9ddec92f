import type { Handler } from '../../route.ts';

/** `GET /health`: alive, with the active run count. */
export const health: Handler<'health'> = async ({ services }) => {
  const { runs, version, uptime_sec } = await services.status();
  return { status: 'ok', active_runs: runs.starting + runs.running + runs.waiting, version, uptime_sec };
};
