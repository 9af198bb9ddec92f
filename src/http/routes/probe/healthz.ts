import type { Handler } from '../../route.ts';

/** `GET /healthz`: the process answers. */
export const healthz: Handler<'healthz'> = () => ({ status: 'ok' });
