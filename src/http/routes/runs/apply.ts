import type { Handler } from '../../route.ts';

/** `POST /v1/runs/{run}/apply` */
export const applyRun: Handler<'runsApply'> = ({ services, params, body }) =>
  services.runs.apply(params.run, { squash: body.squash ?? false });
