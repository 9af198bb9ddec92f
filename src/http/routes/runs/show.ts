import type { Handler } from '../../route.ts';

/** `GET /v1/runs/{run}` */
export const showRun: Handler<'runsShow'> = ({ services, params }) => services.runs.show(params.run);
