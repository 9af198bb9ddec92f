import type { Handler } from '../../route.ts';

/** `POST /v1/runs/{run}/input` */
export const sendInput: Handler<'runsSend'> = ({ services, params, body, idempotency }) =>
  services.runs.send(params.run, body.text, idempotency);
